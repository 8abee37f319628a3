//! Pixels only: decoding with limits, deskewing, binarisation, denoising and normalisation of scans.
