//go:build tools

// Package tools pins the version of the generator that build.sh runs.
package tools

import (
	_ "goa.design/goa/v3/cmd/goa"
	_ "goa.design/goa/v3/codegen/generator"
)
