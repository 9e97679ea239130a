package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// params are the "key=value" arguments of a call. A key may come more than once
// where the design has an array. Keys that no method asked for are an error.
type params struct {
	values map[string][]string
	taken  []string
	err    error
	// header holds the members "header:NAME=VALUE": laid over what the generated client
	// sends, an empty value takes the header away.
	header http.Header
}

func parseParams(arguments []string) (*params, error) {
	p := &params{values: map[string][]string{}, header: http.Header{}}
	for _, argument := range arguments {
		key, value, ok := strings.Cut(argument, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not key=value", argument)
		}
		if name, ok := strings.CutPrefix(key, "header:"); ok {
			p.header.Add(name, value)
			continue
		}
		p.values[key] = append(p.values[key], value)
	}
	return p, nil
}

// finish gives the first problem of all.
func (p *params) finish() error {
	for key := range p.values {
		if p.err == nil && !slices.Contains(p.taken, key) {
			p.err = fmt.Errorf("this method has no parameter %q", key)
		}
	}
	return p.err
}

// text gives a string, "" when there is none.
func (p *params) text(key string) string {
	p.taken = append(p.taken, key)
	if values := p.values[key]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// all gives every value of a key.
func (p *params) all(key string) []string {
	p.taken = append(p.taken, key)
	return p.values[key]
}

// optional reads a value that may be absent: strings as they are, all else as JSON.
func optional[T any](p *params, key string) *T {
	p.taken = append(p.taken, key)
	values := p.values[key]
	if len(values) == 0 {
		return nil
	}
	var value T
	if text, ok := any(&value).(*string); ok {
		*text = values[0]
	} else if err := fromWire(values[0], &value); err != nil && p.err == nil {
		p.err = fmt.Errorf("parameter %q: %w", key, err)
	}
	return &value
}

// or reads a value that has a default.
func or[T any](p *params, key string, fallback T) T {
	if value := optional[T](p, key); value != nil {
		return *value
	}
	return fallback
}

// many reads every value of a key.
func many[T any](p *params, key string) []T {
	var list []T
	for _, text := range p.all(key) {
		var value T
		if err := fromWire(text, &value); err != nil && p.err == nil {
			p.err = fmt.Errorf("parameter %q: %w", key, err)
		}
		list = append(list, value)
	}
	return list
}
