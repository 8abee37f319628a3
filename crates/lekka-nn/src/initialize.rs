//! Keras's initialisers: Glorot uniform kernels, orthogonal recurrent kernels, zero biases, ones for
//! gamma and the moving variance.

use crate::parameters::{Parameter, Parameters};
use crate::random::Random;
use crate::spec::{LayerSpec, NetworkSpec, ParameterInfo, SpecError};

/// Fresh weights for a network; each tensor has its own stream, so that a layer more or less does
/// not change the others.
///
/// # Errors
/// When the spec is wrong.
pub fn initialize(spec: &NetworkSpec, seed: u64) -> Result<Parameters, SpecError> {
    let mut tensors = Vec::new();
    for layer in spec.resolve()? {
        for info in layer.parameters {
            let ParameterInfo {
                name,
                shape,
                trainable,
            } = info;
            let mut random = Random::stream(seed, &name, &[]);
            let count = shape.iter().product();
            let tensor = name.rsplit('.').next().unwrap_or_default();
            let values = match tensor {
                "kernel" => glorot_uniform(&shape, &mut random),
                "recurrent_kernel" => orthogonal(shape[0], shape[1], &mut random),
                "gamma" | "moving_variance" => vec![1.0; count],
                "bias" if matches!(layer.spec, LayerSpec::Lstm { .. }) => {
                    // Keras's `unit_forget_bias`: the second of the four gates starts open.
                    let units = count / 4;
                    (0..count)
                        .map(|index| f32::from(index / units == 1))
                        .collect()
                }
                _ => vec![0.0; count],
            };
            tensors.push(Parameter {
                name,
                shape,
                values,
                trainable,
            });
        }
    }
    Ok(Parameters { tensors })
}

/// Uniform in ± sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010). The last two axes are inputs
/// and outputs, those before them the receptive field.
fn glorot_uniform(shape: &[usize], random: &mut Random) -> Vec<f32> {
    let (field, ends) = shape.split_at(shape.len().saturating_sub(2));
    let field = field.iter().product::<usize>() as f64;
    let limit = (6.0 / (field * ends.iter().sum::<usize>() as f64)).sqrt() as f32;
    (0..shape.iter().product())
        .map(|_| random.range(-limit, limit))
        .collect()
}

/// A random matrix `[rows, columns]` whose rows (or, if there are more rows than columns, columns)
/// are orthonormal: Gram-Schmidt on normal vectors (Saxe, McClelland and Ganguli 2014).
fn orthogonal(rows: usize, columns: usize, random: &mut Random) -> Vec<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut vector: Vec<f64> = (0..length).map(|_| f64::from(random.normal())).collect();
        // Twice, so that rounding does not spoil the right angles (Kahan, Parlett).
        for _ in 0..2 {
            for other in &basis {
                let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                vector
                    .iter_mut()
                    .zip(other)
                    .for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm > 1e-6 {
            for value in &mut vector {
                *value /= norm;
            }
            basis.push(vector);
        }
    }
    let at = |row: usize, column: usize| {
        if rows <= columns {
            basis[row][column]
        } else {
            basis[column][row]
        }
    };
    (0..rows * columns)
        .map(|index| at(index / columns, index % columns) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::tests::paper_spec;

    #[test]
    fn orthogonal_rows_are_orthonormal() {
        for (rows, columns) in [(4, 12), (12, 4), (5, 5)] {
            let matrix = orthogonal(rows, columns, &mut Random::new(5));
            let count = rows.min(columns);
            let at = |vector: usize, index: usize| {
                let (row, column) = if rows <= columns {
                    (vector, index)
                } else {
                    (index, vector)
                };
                matrix[row * columns + column]
            };
            for a in 0..count {
                for b in 0..count {
                    let dot: f32 = (0..rows.max(columns)).map(|i| at(a, i) * at(b, i)).sum();
                    assert!((dot - f32::from(a == b)).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn glorot_limits_follow_the_fans() {
        let parameters = initialize(&paper_spec(0.25), 1).unwrap();
        let kernel = parameters.get("conv2d_2.kernel").unwrap();
        let limit = (6.0_f32 / (9.0 * 128.0)).sqrt();
        let largest = kernel.values.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        assert!(largest <= limit && largest > 0.99 * limit);
        let mean = kernel.values.iter().sum::<f32>() / kernel.values.len() as f32;
        assert!(mean.abs() < 0.01 * limit);
    }

    #[test]
    fn forget_gates_start_open() {
        let lstm = LayerSpec::Lstm {
            units: 2,
            bidirectional: false,
            return_sequences: false,
        };
        let spec = NetworkSpec {
            input: [3, 1, 2],
            layers: vec![LayerSpec::RowsToSequence, lstm],
        };
        let parameters = initialize(&spec, 1).unwrap();
        let bias = parameters.get("lstm_1.bias").unwrap();
        assert_eq!(bias.values, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
