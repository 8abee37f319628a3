//! Kannada and ASCII digits as pen strokes, drawn with varying thickness, slant and noise.
