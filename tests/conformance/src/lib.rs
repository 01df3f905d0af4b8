//! Holds what plugins may touch, and what the host writes, against the contract and the official schemas.
