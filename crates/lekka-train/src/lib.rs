//! Data sets, augmentation, training, metrics and reports for Lekka networks.
