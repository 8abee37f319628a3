//! Axes and gates: how the same weights lie in other programs.

use lekka_nn::Parameter;

/// A tensor of another program.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    /// Lengths of the axes, outermost first.
    pub(crate) shape: Vec<usize>,
    /// The values, row-major.
    pub(crate) values: Vec<f32>,
}

impl Tensor {
    pub(crate) fn new(shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Self {
        let shape = shape.into();
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { shape, values }
    }

    pub(crate) fn of(parameter: &Parameter) -> Self {
        Self::new(parameter.shape.clone(), parameter.values.clone())
    }

    /// Axis `i` of the result is axis `order[i]` of this tensor.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        let mut strides = vec![1; self.shape.len()];
        for axis in (1..self.shape.len()).rev() {
            strides[axis - 1] = strides[axis] * self.shape[axis];
        }
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        let mut index = vec![0; shape.len()];
        let mut values = Vec::with_capacity(self.values.len());
        for _ in 0..self.values.len() {
            let place: usize = index
                .iter()
                .zip(order)
                .map(|(i, &axis)| i * strides[axis])
                .sum();
            values.push(self.values[place]);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Self { shape, values }
    }
}

/// Convolution kernels, ours `[height, width, in, out]` to `[out, in, height, width]`.
pub(crate) const CONV_TO_OIHW: [usize; 4] = [3, 2, 0, 1];
/// The way back.
pub(crate) const CONV_FROM_OIHW: [usize; 4] = [2, 3, 1, 0];

/// A recurrent cell and the order of its gates elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gates {
    /// Ours and ONNX's GRU: update, reset, candidate.
    GruOurs,
    /// `PyTorch`'s GRU: reset, update, candidate.
    GruPyTorch,
    /// Ours and `PyTorch`'s LSTM: input, forget, candidate, output.
    LstmOurs,
    /// ONNX's LSTM: input, output, forget, candidate.
    LstmOnnx,
}

impl Gates {
    /// For each of their gates, which of ours it is.
    pub(crate) const fn order(self) -> &'static [usize] {
        match self {
            Self::GruOurs => &[0, 1, 2],
            Self::GruPyTorch => &[1, 0, 2],
            Self::LstmOurs => &[0, 1, 2, 3],
            Self::LstmOnnx => &[0, 3, 1, 2],
        }
    }

    /// Whether ours has a bias for the recurrent product too.
    const fn two_biases(self) -> bool {
        matches!(self, Self::GruOurs | Self::GruPyTorch)
    }

    /// Values whose gates stand one behind the other, from our order into theirs.
    fn theirs(self, ours: &[f32]) -> Vec<f32> {
        let length = ours.len() / self.order().len();
        let gate = |&gate: &usize| &ours[gate * length..][..length];
        self.order().iter().flat_map(gate).copied().collect()
    }

    /// The way back.
    fn ours(self, theirs: &[f32]) -> Vec<f32> {
        let length = theirs.len() / self.order().len();
        let mut ours = vec![0.0; theirs.len()];
        for (from, &to) in self.order().iter().enumerate() {
            ours[to * length..][..length].copy_from_slice(&theirs[from * length..][..length]);
        }
        ours
    }
}

/// One direction of a recurrent layer as `PyTorch` and ONNX have it; all with gates outermost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Direction {
    /// `[gates * units, features]`
    pub(crate) input: Vec<f32>,
    /// `[gates * units, units]`
    pub(crate) recurrent: Vec<f32>,
    /// `[gates * units]`
    pub(crate) input_bias: Vec<f32>,
    /// `[gates * units]`
    pub(crate) recurrent_bias: Vec<f32>,
}

impl Direction {
    /// From our kernel `[features, gates * units]`, recurrent kernel `[units, gates * units]` and
    /// bias, `[2, gates * units]` for GRU and `[gates * units]` for LSTM.
    pub(crate) fn from_ours(gates: Gates, ours: &[Parameter; 3]) -> Self {
        let [kernel, recurrent, bias] = ours;
        let turned = |tensor| gates.theirs(&Tensor::of(tensor).permuted(&[1, 0]).values);
        let (input_bias, recurrent_bias) = if gates.two_biases() {
            let (input, recurrent) = bias.values.split_at(bias.values.len() / 2);
            (gates.theirs(input), gates.theirs(recurrent))
        } else {
            (gates.theirs(&bias.values), vec![0.0; bias.values.len()])
        };
        Self {
            input: turned(kernel),
            recurrent: turned(recurrent),
            input_bias,
            recurrent_bias,
        }
    }

    /// Kernel, recurrent kernel and bias as we have them.
    pub(crate) fn into_ours(self, gates: Gates, units: usize) -> [Tensor; 3] {
        let rows = gates.order().len() * units;
        let turned = |values: &[f32]| {
            let columns = values.len() / rows;
            Tensor::new([rows, columns], gates.ours(values)).permuted(&[1, 0])
        };
        let (input, recurrent) = (
            gates.ours(&self.input_bias),
            gates.ours(&self.recurrent_bias),
        );
        let bias = if gates.two_biases() {
            Tensor::new([2, rows], [input, recurrent].concat())
        } else {
            // Only their sum counts. Nothing is added to what has no second bias: -0 + 0 is not -0.
            let sum = |(a, b): (f32, f32)| if b == 0.0 { a } else { a + b };
            Tensor::new([rows], input.into_iter().zip(recurrent).map(sum).collect())
        };
        [turned(&self.input), turned(&self.recurrent), bias]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_permuted() {
        let tensor = Tensor::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned = tensor.permuted(&[1, 0]);
        assert_eq!(
            turned,
            Tensor::new([3, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0])
        );
        let kernel = Tensor::new([2, 3, 4, 5], (0..120_u8).map(f32::from).collect());
        let theirs = kernel.permuted(&CONV_TO_OIHW);
        assert_eq!(theirs.shape, [5, 4, 2, 3]);
        // theirs[out 1][in 2][row 1][column 0] is ours[row 1][column 0][in 2][out 1].
        assert_eq!(
            theirs.values[((4 + 2) * 2 + 1) * 3].to_bits(),
            kernel.values[(3 * 4 + 2) * 5 + 1].to_bits()
        );
        assert_eq!(theirs.permuted(&CONV_FROM_OIHW), kernel);
    }

    /// One unit, one feature: each value is a gate.
    fn cell(gates: &[f32], bias: &[f32], bias_shape: Vec<usize>) -> [Parameter; 3] {
        let parameter = |shape: Vec<usize>, values: &[f32]| Parameter {
            name: String::new(),
            shape,
            values: values.to_vec(),
            trainable: true,
        };
        [
            parameter(vec![1, gates.len()], gates),
            parameter(vec![1, gates.len()], gates),
            parameter(bias_shape, bias),
        ]
    }

    #[test]
    fn gates_of_the_gru_are_reordered() {
        // z = 1, r = 2, candidate = 3.
        let ours = cell(
            &[1.0, 2.0, 3.0],
            &[4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
            vec![2, 3],
        );
        let theirs = Direction::from_ours(Gates::GruPyTorch, &ours);
        assert_eq!(theirs.input, [2.0, 1.0, 3.0]);
        assert_eq!(theirs.recurrent, [2.0, 1.0, 3.0]);
        assert_eq!(theirs.input_bias, [5.0, 4.0, 6.0]);
        assert_eq!(theirs.recurrent_bias, [8.0, 7.0, 9.0]);
        let back = theirs.into_ours(Gates::GruPyTorch, 1);
        assert_eq!(back, ours.each_ref().map(Tensor::of));
        let onnx = Direction::from_ours(Gates::GruOurs, &ours);
        assert_eq!(onnx.input, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn gates_of_the_lstm_are_reordered_and_its_biases_added() {
        // i = 1, f = 2, candidate = 3, o = 4.
        let ours = cell(&[1.0, 2.0, 3.0, 4.0], &[5.0, -0.0, 7.0, 8.0], vec![4]);
        let mut theirs = Direction::from_ours(Gates::LstmOnnx, &ours);
        assert_eq!(theirs.input, [1.0, 4.0, 2.0, 3.0]);
        assert_eq!(theirs.input_bias, [5.0, 8.0, -0.0, 7.0]);
        assert_eq!(theirs.recurrent_bias, [0.0; 4]);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let [_, _, bias] = theirs.clone().into_ours(Gates::LstmOnnx, 1);
        assert_eq!(bits(&bias.values), bits(&ours[2].values));
        theirs.recurrent_bias = vec![10.0, 20.0, 30.0, 40.0];
        let [_, _, bias] = theirs.into_ours(Gates::LstmOnnx, 1);
        assert_eq!(bias.values, [15.0, 30.0, 47.0, 28.0]);
    }
}
