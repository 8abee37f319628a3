//! The network of docs/method.md, section 3, in burn's layers (channels first, as burn wants them).

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::gru::{BiGru, BiGruConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d,
};
use burn::prelude::*;
use burn::tensor::activation::relu;

/// Two convolutions with ReLU, batch norm, pooling, dropout.
#[derive(Module, Debug)]
struct Block {
    first: Conv2d,
    second: Conv2d,
    norm: BatchNorm,
    pool: MaxPool2d,
    dropout: Dropout,
}

impl Block {
    fn new(inputs: usize, outputs: usize, window: [usize; 2], device: &Device) -> Self {
        let convolution = |inputs| {
            Conv2dConfig::new([inputs, outputs], [3, 3])
                .with_padding(PaddingConfig2d::Same)
                .init(device)
        };
        Self {
            first: convolution(inputs),
            second: convolution(outputs),
            norm: batch_norm(outputs, device),
            pool: MaxPool2dConfig::new(window).init(),
            dropout: DropoutConfig::new(0.25).init(),
        }
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let x = relu(self.first.forward(images));
        let x = relu(self.second.forward(x));
        self.dropout
            .forward(self.pool.forward(self.norm.forward(x)))
    }
}

/// The paper's network: three blocks, rows as the steps of a bidirectional GRU, two dense layers.
///
/// burn's GRU keeps, per gate, a bias on the input and one on the state, and resets after the product: the same
/// 153,984 weights as Keras (`reset_after=True`) and PyTorch, cut into six matrices in place of two. It multiplies
/// them gate by gate and step by step, which is burn's way and part of what is timed.
#[derive(Module, Debug)]
pub struct Network {
    block_1: Block,
    block_2: Block,
    block_3: Block,
    gru: BiGru,
    dense_1: Linear,
    norm: BatchNorm,
    dropout: Dropout,
    dense_2: Linear,
}

impl Network {
    /// The network with random weights on `device`; it trains when that is an autodiff device.
    pub fn new(device: &Device) -> Self {
        Self {
            block_1: Block::new(1, 64, [2, 2], device),
            block_2: Block::new(64, 128, [2, 2], device),
            block_3: Block::new(128, 256, [1, 2], device),
            gru: BiGruConfig::new(768, 32, true).init(device),
            dense_1: LinearConfig::new(448, 256).init(device),
            norm: batch_norm(256, device),
            dropout: DropoutConfig::new(0.25).init(),
            dense_2: LinearConfig::new(256, 10).init(device),
        }
    }

    /// `[N,1,28,28]` to logits `[N,10]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self
            .block_3
            .forward(self.block_2.forward(self.block_1.forward(images)));
        // [N,256,7,3] to 7 steps (the rows) of 768 = 3 columns of 256 channels.
        let steps: Tensor<3> = x.permute([0, 2, 3, 1]).flatten(2, 3);
        let (states, _) = self.gru.forward(steps, None);
        let x: Tensor<2> = states.flatten(1, 2);
        let x = relu(self.dense_1.forward(x));
        self.dense_2
            .forward(self.dropout.forward(self.norm.forward(x)))
    }
}

/// Keras's batch norm: its momentum .99 is the share that is kept, burn's the share that is replaced.
fn batch_norm(features: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(features)
        .with_epsilon(1e-3)
        .with_momentum(0.01)
        .init(device)
}
