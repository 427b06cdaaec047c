"""The family's decisions, pure: rules and a moment in, a verdict out."""
