//! What is around the code: defaults, tools, dependencies.
