//! Convolutions of the paper's network, a batch of 64. The rate is that of the direct convolution:
//! `GFLOP/s` of divan's "items" are comparable between algorithms. Threads: `RAYON_NUM_THREADS`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use lekka_nn::conv::{
    Algorithm, ChannelStatistics, Conv2dKernel, Conv2dShape, Epilogue, Workspace,
};

fn main() {
    divan::main();
}

/// Size, input channels, output channels.
const LAYERS: [(usize, usize, usize); 6] = [
    (28, 1, 64),
    (28, 64, 64),
    (14, 64, 128),
    (14, 128, 128),
    (7, 128, 256),
    (7, 256, 256),
];

fn noise(len: usize) -> Vec<f32> {
    let mut state = 1_u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

struct Setup {
    kernel: Conv2dKernel,
    bias: Vec<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
    batch: usize,
    workspace: Workspace,
}

impl Setup {
    fn new(
        (size, inputs, outputs): (usize, usize, usize),
        batch: usize,
        algorithm: Algorithm,
    ) -> Self {
        let shape = Conv2dShape {
            height: size,
            width: size,
            in_channels: inputs,
            out_channels: outputs,
            kernel: [3, 3],
        };
        let mut kernel = Conv2dKernel::new(shape, algorithm).expect("the shape is not empty");
        kernel.set_training_weights(&noise(shape.kernel_len()));
        Self {
            kernel,
            bias: noise(outputs),
            input: noise(batch * shape.input_len()),
            output: noise(batch * shape.output_len()),
            batch,
            workspace: Workspace::new(),
        }
    }

    fn flops(&self) -> ItemsCount {
        ItemsCount::new(self.batch * self.kernel.shape().direct_flops())
    }

    fn forward(&mut self, statistics: Option<&mut ChannelStatistics>, pool: Option<[usize; 2]>) {
        let epilogue = Epilogue {
            bias: Some(&self.bias),
            relu: true,
            statistics,
            pool,
            ..Epilogue::default()
        };
        let out_len = self.batch * self.kernel.shape().pooled_len(pool.unwrap_or([1, 1]));
        self.kernel.forward(
            black_box(&self.input),
            self.batch,
            epilogue,
            black_box(&mut self.output[..out_len]),
            &mut self.workspace,
        );
    }
}

#[divan::bench(args = LAYERS)]
fn forward(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 64, Algorithm::Auto);
    bencher
        .counter(setup.flops())
        .bench_local(|| setup.forward(None, None));
}

#[divan::bench(args = LAYERS)]
fn forward_statistics(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 64, Algorithm::Auto);
    let mut statistics = ChannelStatistics::default();
    bencher
        .counter(setup.flops())
        .bench_local(|| setup.forward(Some(&mut statistics), None));
}

#[divan::bench(args = LAYERS)]
fn forward_one_picture(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 1, Algorithm::Auto);
    bencher
        .counter(setup.flops())
        .bench_local(|| setup.forward(None, None));
}

#[divan::bench(args = LAYERS)]
fn forward_im2col(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 64, Algorithm::Im2col);
    bencher
        .counter(setup.flops())
        .bench_local(|| setup.forward(None, None));
}

#[divan::bench(args = LAYERS)]
fn backward_weights(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 64, Algorithm::Auto);
    let mut d_kernel = noise(setup.kernel.shape().kernel_len());
    let mut d_bias = noise(layer.2);
    bencher.counter(setup.flops()).bench_local(|| {
        let Setup {
            kernel,
            input,
            output,
            batch,
            workspace,
            ..
        } = &mut setup;
        kernel.backward_weights(input, output, *batch, &mut d_kernel, &mut d_bias, workspace);
    });
}

#[divan::bench(args = &LAYERS[1..])]
fn backward_input(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 64, Algorithm::Auto);
    let mut d_input = noise(setup.input.len());
    bencher.counter(setup.flops()).bench_local(|| {
        let Setup {
            kernel,
            input,
            output,
            batch,
            workspace,
            ..
        } = &mut setup;
        kernel.backward_input(output, *batch, Some(input), &mut d_input, workspace);
    });
}

#[divan::bench(args = LAYERS)]
fn set_training_weights(bencher: Bencher, layer: (usize, usize, usize)) {
    let mut setup = Setup::new(layer, 1, Algorithm::Auto);
    let weights = noise(setup.kernel.shape().kernel_len());
    bencher.bench_local(|| setup.kernel.set_training_weights(black_box(&weights)));
}
