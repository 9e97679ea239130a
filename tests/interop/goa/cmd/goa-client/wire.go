package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
)

// The types of the generated service packages carry no JSON names: those are on the
// transport types, which the generated client keeps to itself. A script speaks in
// wire names, so that this file goes from one to the other by the naming rule that
// all members of the design obey: "sent_at" is SentAt, "id" is ID.

// wireName gives the member name of a Go field.
func wireName(field string) string {
	var name strings.Builder
	runes := []rune(field)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || next {
				name.WriteByte('_')
			}
		}
		name.WriteRune(unicode.ToLower(r))
	}
	return name.String()
}

// toWire gives a value of a service package as JSON with wire names would read it.
// Absent members are left out.
func toWire(value any) any {
	if value == nil {
		return nil
	}
	return wireOf(reflect.ValueOf(value))
}

func wireOf(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return wireOf(value.Elem())
	case reflect.Struct:
		object := map[string]any{}
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if !field.IsExported() || isNil(value.Field(i)) {
				continue
			}
			object[wireName(field.Name)] = wireOf(value.Field(i))
		}
		return object
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return value.Bytes()
		}
		list := make([]any, value.Len())
		for i := range list {
			list[i] = wireOf(value.Index(i))
		}
		return list
	case reflect.Map:
		object := map[string]any{}
		for _, key := range value.MapKeys() {
			object[key.String()] = wireOf(value.MapIndex(key))
		}
		return object
	default:
		return value.Interface()
	}
}

func isNil(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return value.IsNil()
	}
	return false
}

// fromWire reads JSON with wire names into a value of a service package. It
// checks names only: what the design demands is for the peer to check.
func fromWire(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("more than one JSON value")
	}
	renamed, err := goNames(value, reflect.TypeOf(into).Elem())
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if err := json.NewEncoder(&data).Encode(renamed); err != nil {
		return err
	}
	return json.Unmarshal(data.Bytes(), into)
}

// goNames renames the members of an object to the fields of a type.
func goNames(value any, kind reflect.Type) (any, error) {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch value := value.(type) {
	case map[string]any:
		renamed := map[string]any{}
		for name, member := range value {
			goName, goType := name, kind
			switch kind.Kind() {
			case reflect.Map:
				goType = kind.Elem()
			case reflect.Struct:
				field, ok := kind.FieldByNameFunc(func(field string) bool { return wireName(field) == name })
				if !ok {
					return nil, fmt.Errorf("%s has no member %q", kind, name)
				}
				goName, goType = field.Name, field.Type
			}
			member, err := goNames(member, goType)
			if err != nil {
				return nil, err
			}
			renamed[goName] = member
		}
		return renamed, nil
	case []any:
		if kind.Kind() != reflect.Slice {
			return value, nil
		}
		for i := range value {
			renamed, err := goNames(value[i], kind.Elem())
			if err != nil {
				return nil, err
			}
			value[i] = renamed
		}
	}
	return value, nil
}
