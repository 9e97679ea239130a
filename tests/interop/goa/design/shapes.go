package design

import (
	. "goa.design/goa/v3/dsl"
)

// The service "shapes": every type that Goa has, in every direction that it can
// generate. It says again what it hears, so that a value which a peer sends must
// come back as it went.
//
//	shape S of type T      route                     input       output
//	  S_plain              POST /shapes/S/plain      body T      T, 200
//	  S_collect            GET  /shapes/S/collect    stream T    [T], what came
//	  S_replay             GET  /shapes/S/replay     -           stream T, what S_collect took last
//	  S_exchange           GET  /shapes/S/exchange   stream T    stream T, each at once
//
//	person, of a result type in views: the same four, with PersonData as input;
//	  person_plain is a collection, in the view tiny
//	  person_collect is a collection, in the view tiny
//	  person_replay is in the view tiny, person_exchange in the view default

// shape is a name and a type.
type shape struct {
	name string
	of   any
}

// colour is an enumeration, in place. As a type of its own its code does not compile.
func colour() {
	Enum("red", "dark_green", "not \"blue\"")
}

// Flat has one member of every kind.
var Flat = Type("Flat", func() {
	Field(1, "text", String)
	Field(2, "flag", Boolean)
	Field(3, "number", Int64)
	Field(4, "share", Float64)
	Field(5, "data", Bytes)
	Field(6, "colour", String, colour)
	Field(7, "count", UInt32, func() {
		Default(7)
	})
	Field(8, "any", Any)
	Field(9, "note", String)
	Field(10, "small", Int32)
	Field(11, "wide", UInt64)
	Field(12, "loose", Float32)
	Required("text", "flag", "number", "share", "data", "colour", "any")
})

// Nested has messages in all that holds values.
var Nested = Type("Nested", func() {
	Field(1, "one", Flat)
	Field(2, "maybe", Flat)
	Field(3, "list", ArrayOf(Flat))
	Field(4, "lists", ArrayOf(ArrayOf(String, colour)))
	Field(5, "by_name", MapOf(String, Flat))
	Field(6, "by_number", MapOf(Int, ArrayOf(Float32)))
	Field(7, "texts", ArrayOf(String))
	Required("one", "list", "by_name")
})

// Tree holds itself in three ways.
var Tree = Type("Tree", func() {
	Field(1, "name", String)
	Field(2, "next", "Tree")
	Field(3, "children", ArrayOf("Tree"))
	Field(4, "by_name", MapOf(String, "Tree"))
	Required("name")
})

// Spot stands in a union. There Goa v3.19.1 writes its members by their names in Go.
var Spot = Type("Spot", func() {
	Field(1, "at", Float64)
	Field(2, "label", String)
	Field(3, "seen_by", ArrayOf(String))
	Required("at", "seen_by")
})

// Choice has a union, in the form that Goa had up to v3.23.
var Choice = Type("Choice", func() {
	OneOf("value", func() {
		Field(1, "text", String)
		Field(2, "number", Int64)
		Field(3, "spot", Spot)
	})
	Field(4, "note", String)
	Required("value")
})

// Ruled has a member for every rule.
var Ruled = Type("Ruled", func() {
	Field(1, "code", String, func() { Pattern("^[A-Z]{2}[0-9]+$") })
	Field(2, "word", String, func() { Enum("yes", "no") })
	Field(3, "name", String, func() {
		MinLength(2)
		MaxLength(5)
	})
	Field(4, "count", Int, func() {
		Minimum(1)
		Maximum(10)
	})
	Field(5, "share", Float64, func() {
		ExclusiveMinimum(0)
		ExclusiveMaximum(1)
	})
	Field(6, "tags", ArrayOf(String, func() { MaxLength(3) }), func() {
		MinLength(1)
		MaxLength(2)
	})
	Field(7, "by_name", MapOf(String, Int), func() { MinLength(1) })
	Field(8, "date", String, func() { Format(FormatDate) })
	Field(9, "date_time", String, func() { Format(FormatDateTime) })
	Field(10, "uuid", String, func() { Format(FormatUUID) })
	Field(11, "email", String, func() { Format(FormatEmail) })
	Field(12, "hostname", String, func() { Format(FormatHostname) })
	Field(13, "ipv4", String, func() { Format(FormatIPv4) })
	Field(14, "ipv6", String, func() { Format(FormatIPv6) })
	Field(15, "ip", String, func() { Format(FormatIP) })
	Field(16, "uri", String, func() { Format(FormatURI) })
	Field(17, "mac", String, func() { Format(FormatMAC) })
	Field(18, "cidr", String, func() { Format(FormatCIDR) })
	Field(19, "regexp", String, func() { Format(FormatRegexp) })
	Field(20, "json", String, func() { Format(FormatJSON) })
	Field(21, "rfc1123", String, func() { Format(FormatRFC1123) })
	// With a least length an absent member is refused, so that it is not optional.
	Required("code", "word", "name", "count", "share", "tags", "by_name")
})

// PersonData is what a Person is made of, and what clients send.
var PersonData = Type("PersonData", func() {
	Field(1, "name", String)
	Field(2, "age", UInt32)
	Field(3, "tags", ArrayOf(String))
	Required("name", "tags")
})

// People wraps a list: one of a type's own does not compile by itself.
var People = Type("People", func() {
	Field(1, "people", ArrayOf(PersonData))
	Required("people")
})

// Person is a result type with views.
var Person = ResultType("application/vnd.mandovi.person", func() {
	TypeName("Person")
	Attributes(func() {
		Field(1, "name", String)
		Field(2, "age", UInt32)
		Field(3, "tags", ArrayOf(String))
		Required("name", "tags")
	})
	View("default", func() {
		Attribute("name")
		Attribute("age")
		Attribute("tags")
	})
	View("tiny", func() {
		Attribute("name")
	})
})

var shapes = []shape{
	{"text", String},
	{"flag", Boolean},
	{"int", Int},
	{"int32", Int32},
	{"int64", Int64},
	{"uint", UInt},
	{"uint32", UInt32},
	{"uint64", UInt64},
	{"float32", Float32},
	{"float64", Float64},
	{"data", Bytes},
	{"any", Any},
	{"texts", ArrayOf(String)},
	{"lists", ArrayOf(ArrayOf(Float64))},
	{"blobs", ArrayOf(Bytes)},
	{"by_text", MapOf(String, Float64)},
	{"by_number", MapOf(Int, String)},
	{"by_both", MapOf(String, MapOf(Int64, Boolean))},
	{"flat", Flat},
	{"nested", Nested},
	{"tree", Tree},
	{"ruled", Ruled},
}

// get maps a method to a route.
func get(path string) {
	HTTP(func() {
		GET(path)
		Response(StatusOK)
	})
}

var _ = Service("shapes", func() {
	Description("Every type in every direction.")

	for _, s := range shapes {
		path := "/shapes/" + s.name
		Method(s.name+"_plain", func() {
			Payload(s.of)
			Result(s.of)
			HTTP(func() {
				POST(path + "/plain")
				Response(StatusOK)
			})
		})
		Method(s.name+"_collect", func() {
			StreamingPayload(s.of)
			Result(ArrayOf(s.of))
			get(path + "/collect")
		})
		Method(s.name+"_replay", func() {
			StreamingResult(s.of)
			get(path + "/replay")
		})
		Method(s.name+"_exchange", func() {
			StreamingPayload(s.of)
			StreamingResult(s.of)
			get(path + "/exchange")
		})
	}

	// A union does not compile in a streaming payload.
	Method("choice_plain", func() {
		Payload(Choice)
		Result(Choice)
		HTTP(func() {
			POST("/shapes/choice/plain")
			Response(StatusOK)
		})
	})
	Method("choice_replay", func() {
		Description("Says what choice_plain took last.")
		StreamingResult(Choice)
		get("/shapes/choice/replay")
	})

	Method("person_plain", func() {
		Payload(People)
		Result(CollectionOf(Person), func() {
			View("tiny")
		})
		HTTP(func() {
			POST("/shapes/person/plain")
			Response(StatusOK)
		})
	})
	Method("person_collect", func() {
		StreamingPayload(PersonData)
		Result(CollectionOf(Person), func() {
			View("tiny")
		})
		get("/shapes/person/collect")
	})
	Method("person_replay", func() {
		StreamingResult(Person, func() {
			View("tiny")
		})
		get("/shapes/person/replay")
	})
	Method("person_exchange", func() {
		StreamingPayload(PersonData)
		StreamingResult(Person, func() {
			View("default")
		})
		get("/shapes/person/exchange")
	})
})
