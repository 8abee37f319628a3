//! Reading weight files.

use std::fs;
use std::path::Path;

use half::f16;
use half::slice::HalfFloatSliceExt;
use lekka_nn::{NetworkSpec, Parameter, Parameters};
use safetensors::Dtype;
use safetensors::tensor::{Metadata as TensorIndex, TensorInfo};
use serde::Deserialize;

use crate::error::{FileError, LoadError};
use crate::metadata::{FORMAT_VERSION, Metadata};
use crate::{Model, check_interface};

/// The key in the file's metadata under which everything of ours stands as one JSON document:
/// safetensors keeps metadata in no order, and with one key the file is the same every time.
pub(crate) const KEY: &str = "lekka";

/// The length of the header's length.
const PREFIX: usize = 8;

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

#[derive(Deserialize)]
struct Document {
    spec: NetworkSpec,
    #[serde(flatten)]
    metadata: Metadata,
}

impl Model {
    /// Reads a model from the bytes of a safetensors file. Values may be f32 or f16.
    ///
    /// # Errors
    ///
    /// When the file is cut off or no safetensors, when a newer program wrote it, when its tensors
    /// are not exactly those of its network (name, shape, type, finite values), or when it needs
    /// pictures that this program cannot make. No input makes it panic.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let (index, data) = split(bytes)?;
        let document = index
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(KEY))
            .ok_or(LoadError::NoMetadata)?;
        let (spec, metadata) = self::document(document)?;
        check_interface(&spec, &metadata)?;

        let mut tensors = Vec::new();
        for name in index.offset_keys() {
            if let Some(info) = index.info(&name) {
                tensors.push(tensor(name, info, data)?);
            }
        }
        let parameters = Parameters { tensors }.checked(&spec)?;
        Ok(Self {
            spec,
            parameters,
            metadata,
        })
    }

    /// Reads a model from a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and as [`Model::load`].
    pub fn load_file(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| FileError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::load(&bytes).map_err(|source| FileError::Load {
            path: path.to_owned(),
            source,
        })
    }
}

/// Spec and metadata from the JSON document that stands under [`KEY`]; whether they fit each other
/// is not yet known.
pub(crate) fn document(json: &str) -> Result<(NetworkSpec, Metadata), LoadError> {
    let unreadable = |error: serde_json::Error| LoadError::UnreadableMetadata {
        reason: error.to_string(),
    };
    let Version { format_version } = serde_json::from_str(json).map_err(unreadable)?;
    if format_version > FORMAT_VERSION {
        return Err(LoadError::Version {
            found: format_version,
        });
    }
    let Document { spec, metadata } = serde_json::from_str(json).map_err(unreadable)?;
    metadata.check()?;
    Ok((spec, metadata))
}

/// The header and the bytes behind it, which are exactly as many as the header tells of.
pub(crate) fn split(bytes: &[u8]) -> Result<(TensorIndex, &[u8]), LoadError> {
    let found = bytes.len() as u64;
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        return Err(LoadError::Truncated {
            expected: PREFIX as u64,
            found,
        });
    };
    let length = u64::from_le_bytes(*prefix);
    if rest.first().is_some_and(|&byte| byte != b'{') {
        let reason = "it does not begin with `{`".to_owned();
        return Err(LoadError::Header { reason });
    }
    let header = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length));
    let Some((header, data)) = header else {
        return Err(LoadError::Truncated {
            expected: length.saturating_add(PREFIX as u64),
            found,
        });
    };
    // This also checks that the tensors lie one behind the other and are as long as their shapes.
    let index: TensorIndex = serde_json::from_slice(header).map_err(|error| LoadError::Header {
        reason: error.to_string(),
    })?;
    let expected = (PREFIX as u64)
        .saturating_add(length)
        .saturating_add(index.data_len() as u64);
    if found < expected {
        return Err(LoadError::Truncated { expected, found });
    }
    if found > expected {
        return Err(LoadError::TrailingBytes { expected, found });
    }
    Ok((index, data))
}

pub(crate) fn tensor(name: String, info: &TensorInfo, data: &[u8]) -> Result<Parameter, LoadError> {
    let (start, end) = info.data_offsets;
    let bytes = data.get(start..end).unwrap_or_default();
    let values = match info.dtype {
        Dtype::F32 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&value| f32::from_le_bytes(value))
            .collect(),
        Dtype::F16 => halves(bytes),
        other => {
            return Err(LoadError::ValueType {
                name,
                found: format!("{other:?}"),
            });
        }
    };
    // Whether training changes it is known from the network, and put right there.
    Ok(Parameter {
        name,
        shape: info.shape.clone(),
        values,
        trainable: true,
    })
}

/// Widens f16. In blocks, since the conversion of slices uses the processor's instruction for it
/// and that of single values asks each time whether there is one.
fn halves(bytes: &[u8]) -> Vec<f32> {
    const BLOCK: usize = 512;
    let halves = bytes.as_chunks::<2>().0;
    let mut values = vec![0.0; halves.len()];
    let mut block = [f16::ZERO; BLOCK];
    for (wide, narrow) in values.chunks_mut(BLOCK).zip(halves.chunks(BLOCK)) {
        let block = &mut block[..narrow.len()];
        for (half, &bytes) in block.iter_mut().zip(narrow) {
            *half = f16::from_le_bytes(bytes);
        }
        block.convert_to_f32_slice(wide);
    }
    values
}
