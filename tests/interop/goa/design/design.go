// Package design holds the two services that the interoperation tests exchange
// with real Goa peers. The Rust side mirrors this file; README.md in the folder
// above states the same in Markdown, with what the handlers do.
//
// "*" is required. Every body and every message is JSON.
//
//	chatter           route                          input            output             security, scope
//	  login           POST /login                    -                String             basic
//	  echoer          GET  /echoer                   stream String    stream String      jwt stream:write
//	  listener        GET  /listener                 stream String    -                  jwt stream:write
//	  summary         GET  /summary                  stream String    [ChatSummary] (1)  jwt stream:write
//	  subscribe       GET  /subscribe                -                stream Event       jwt stream:write
//	  history         GET  /history?view=            -                stream ChatSummary jwt stream:read
//	  (1) one message, a collection in the view "default"
//	  errors: unauthorized String 401 (all), invalid-scopes String 403 (all but login)
//	  ChatSummary (result type): message* String, length Int, sent_at* String date-time;
//	                             views default (all), tiny (message)
//	  Event:                     message* String, action* enum {added}, added_at* String date-time
//
//	market            route                              input          output
//	  quotes          GET  /market/{venue}/quotes        -              stream Quote (view by query)
//	                       ?symbols=String, repeated     optional
//	                       ?depth=Int32                  default 5
//	                       ?count=Int32                  default 1
//	                       ?view=enum {default, tiny}    optional
//	                       X-Session: String             optional
//	  trade           GET  /market/{venue}/trade         stream Order   stream Fill
//	                       X-Session: String             optional
//	  upload          GET  /market/{venue}/upload        stream Order   Receipt (one message)
//	  place           POST /market/{venue}/orders        body Order     Receipt, 200
//	                       ?dry_run=Boolean              default false
//	                       X-Session: String             required
//	  parameters      GET  /market/{venue}/parameters    -              ParameterSet, 200
//	                       the members of ParameterSet: venue in the path, session in X-Session,
//	                       weight in X-Weight, all others in the query
//	  numbers         GET  /numbers                stream NumberSet     stream NumberSet
//	  errors (all methods): not_found ErrorResult 404, unknown_symbol String 404,
//	                        conflict Conflict 409, slow_down ErrorResult (temporary) 429,
//	                        halted String 503
//	  Quote (result type): symbol* String, venue* String, bid* Float64, ask* Float64, depth* Int32,
//	                       volume* UInt64, levels* [Level], session String;
//	                       views default (all), tiny (symbol, bid)
//	  Level:        price* Float64, quantity* Int64
//	  Order:        id* String, symbol* String, side* enum {buy, sell}, price* Float64, quantity* Int64,
//	                tags [String], attributes {String: String}, signature Bytes, parent ParentOrder
//	  ParentOrder:  id* String, account Int32
//	  Fill:         order_id* String, side* enum {buy, sell}, filled* UInt64, average* Float64,
//	                legs* [Leg], checksum* Bytes, original Order
//	  Leg:          venue* String, price* Float64, quantity* Int64
//	  Receipt:      count* UInt32, total* Float64, symbols* {String: Int64}, last_id String
//	  NumberSet:    i32* Int32, i64* Int64, u32* UInt32, u64* UInt64, f64* Float64, f32 Float32,
//	                flag Boolean, many [Int64], by_name {String: Float64}
//	  ParameterSet: venue* String, i32 Int32, i64 Int64, u64 UInt64, f64 Float64, flag Boolean,
//	                text String default "none", texts [String], numbers [Int64],
//	                side enum {buy, sell}, session String, weight UInt32
//	  Conflict:     venue* String, state* String, limit* Int64, orders [String]
package design

import (
	. "goa.design/goa/v3/dsl"
)

var _ = API("interop", func() {
	Title("Services for interoperation tests")
})

// BasicAuth guards login.
var BasicAuth = BasicAuthSecurity("basic", func() {
	Description("User name and password.")
})

// JWTAuth guards every stream of the chat.
var JWTAuth = JWTSecurity("jwt", func() {
	Description("A token signed with HS256.")
	Scope("stream:read", "Read-only access")
	Scope("stream:write", "Read and write access")
})

// ChatSummary is a message as the chat remembers it.
var ChatSummary = ResultType("application/vnd.goa.summary", func() {
	TypeName("ChatSummary")
	Attributes(func() {
		Field(1, "message", String, "What was said")
		Field(2, "length", Int, "Its length in bytes")
		Field(3, "sent_at", String, "When it was said", func() {
			Format(FormatDateTime)
		})
		Required("message", "sent_at")
	})
	View("default", func() {
		Attribute("message")
		Attribute("length")
		Attribute("sent_at")
	})
	View("tiny", func() {
		Attribute("message")
	})
})

// Event tells a subscriber of one new message.
var Event = Type("Event", func() {
	Field(1, "message", String, "What was said")
	Field(2, "action", String, "What happened to it", func() {
		Enum("added")
	})
	Field(3, "added_at", String, "When it happened", func() {
		Format(FormatDateTime)
	})
	Required("message", "action", "added_at")
})

// secured declares what every stream of the chat has in common.
func secured(scope string) {
	Security(JWTAuth, func() {
		Scope(scope)
	})
	Error("unauthorized", String, "Credentials are invalid")
	Error("invalid-scopes", String, "The token lacks a scope")
}

// tokenPayload is the payload of the methods that need a token only.
func tokenPayload() {
	Token("token", String, "The token that login gave")
	Required("token")
}

// refusals maps the errors of a stream of the chat to their statuses.
func refusals() {
	Response(StatusOK)
	Response("unauthorized", StatusUnauthorized)
	Response("invalid-scopes", StatusForbidden)
}

var _ = Service("chatter", func() {
	Description("A chat: every kind of stream, with and without credentials.")

	Method("login", func() {
		Description("Exchanges a user name and a password for a token.")
		Security(BasicAuth)
		Payload(func() {
			Username("user", String)
			Password("password", String)
			Required("user", "password")
		})
		Result(String)
		Error("unauthorized", String, "Credentials are invalid")
		HTTP(func() {
			POST("/login")
			Response(StatusOK)
			Response("unauthorized", StatusUnauthorized)
		})
	})

	Method("echoer", func() {
		Description("Echoes every message.")
		secured("stream:write")
		Payload(tokenPayload)
		StreamingPayload(String)
		StreamingResult(String)
		HTTP(func() {
			GET("/echoer")
			refusals()
		})
	})

	Method("listener", func() {
		Description("Remembers every message.")
		secured("stream:write")
		Payload(tokenPayload)
		StreamingPayload(String)
		HTTP(func() {
			GET("/listener")
			refusals()
		})
	})

	Method("summary", func() {
		Description("Remembers every message, then tells what this caller sent.")
		secured("stream:write")
		Payload(tokenPayload)
		StreamingPayload(String)
		Result(CollectionOf(ChatSummary), func() {
			View("default")
		})
		HTTP(func() {
			GET("/summary")
			refusals()
		})
	})

	Method("subscribe", func() {
		Description("Tells of every message from now on.")
		secured("stream:write")
		Payload(tokenPayload)
		StreamingResult(Event)
		HTTP(func() {
			GET("/subscribe")
			refusals()
		})
	})

	Method("history", func() {
		Description("Replays every message so far.")
		secured("stream:read")
		Payload(func() {
			tokenPayload()
			Attribute("view", String, "The view to use; not checked, as in Goa's own example")
		})
		StreamingResult(ChatSummary)
		HTTP(func() {
			GET("/history")
			Param("view")
			refusals()
		})
	})
})

// Level is one price of an order book.
var Level = Type("Level", func() {
	Field(1, "price", Float64)
	Field(2, "quantity", Int64)
	Required("price", "quantity")
})

// Quote is the market's view of one symbol.
var Quote = ResultType("application/vnd.mandovi.quote", func() {
	TypeName("Quote")
	Attributes(func() {
		Field(1, "symbol", String)
		Field(2, "venue", String)
		Field(3, "bid", Float64)
		Field(4, "ask", Float64)
		Field(5, "depth", Int32, "The depth that was asked for")
		Field(6, "volume", UInt64)
		Field(7, "levels", ArrayOf(Level))
		Field(8, "session", String, "The session that was given, if any")
		Required("symbol", "venue", "bid", "ask", "depth", "volume", "levels")
	})
	View("default", func() {
		Attribute("symbol")
		Attribute("venue")
		Attribute("bid")
		Attribute("ask")
		Attribute("depth")
		Attribute("volume")
		Attribute("levels")
		Attribute("session")
	})
	View("tiny", func() {
		Attribute("symbol")
		Attribute("bid")
	})
})

// ParentOrder names the order that another one belongs to.
var ParentOrder = Type("ParentOrder", func() {
	Field(1, "id", String)
	Field(2, "account", Int32)
	Required("id")
})

// Order is what a trader wants.
var Order = Type("Order", func() {
	Field(1, "id", String)
	Field(2, "symbol", String)
	Field(3, "side", String, func() {
		Enum("buy", "sell")
	})
	Field(4, "price", Float64)
	Field(5, "quantity", Int64)
	Field(6, "tags", ArrayOf(String))
	Field(7, "attributes", MapOf(String, String))
	Field(8, "signature", Bytes)
	Field(9, "parent", ParentOrder)
	Required("id", "symbol", "side", "price", "quantity")
})

// Leg is one part of a fill.
var Leg = Type("Leg", func() {
	Field(1, "venue", String)
	Field(2, "price", Float64)
	Field(3, "quantity", Int64)
	Required("venue", "price", "quantity")
})

// Fill is what came of an order.
var Fill = Type("Fill", func() {
	Field(1, "order_id", String)
	Field(2, "side", String, func() {
		Enum("buy", "sell")
	})
	Field(3, "filled", UInt64)
	Field(4, "average", Float64)
	Field(5, "legs", ArrayOf(Leg))
	Field(6, "checksum", Bytes, "The signature of the order, last byte first")
	Field(7, "original", Order, "The order as it was understood")
	Required("order_id", "side", "filled", "average", "legs", "checksum")
})

// Receipt sums up a number of orders.
var Receipt = Type("Receipt", func() {
	Field(1, "count", UInt32)
	Field(2, "total", Float64, "The sum of price times quantity")
	Field(3, "symbols", MapOf(String, Int64), "The quantity of each symbol")
	Field(4, "last_id", String, "The last order; absent when there was none")
	Required("count", "total", "symbols")
})

// NumberSet is echoed as it came.
var NumberSet = Type("NumberSet", func() {
	Field(1, "i32", Int32)
	Field(2, "i64", Int64)
	Field(3, "u32", UInt32)
	Field(4, "u64", UInt64)
	Field(5, "f64", Float64)
	Field(6, "f32", Float32)
	Field(7, "flag", Boolean)
	Field(8, "many", ArrayOf(Int64))
	Field(9, "by_name", MapOf(String, Float64))
	Required("i32", "i64", "u32", "u64", "f64")
})

// ParameterSet has one member for every kind of parameter.
var ParameterSet = Type("ParameterSet", func() {
	Field(1, "venue", String)
	Field(2, "i32", Int32)
	Field(3, "i64", Int64)
	Field(4, "u64", UInt64)
	Field(5, "f64", Float64)
	Field(6, "flag", Boolean)
	Field(7, "text", String, func() {
		Default("none")
	})
	Field(8, "texts", ArrayOf(String))
	Field(9, "numbers", ArrayOf(Int64))
	Field(10, "side", String, func() {
		Enum("buy", "sell")
	})
	Field(11, "session", String)
	Field(12, "weight", UInt32)
	Required("venue")
})

// Conflict is an error of its own type.
var Conflict = Type("Conflict", func() {
	Field(1, "venue", String)
	Field(2, "state", String)
	Field(3, "limit", Int64)
	Field(4, "orders", ArrayOf(String))
	Required("venue", "state", "limit")
})

var _ = Service("market", func() {
	Description("A market: structured messages, parameters of every kind, errors of every kind.")

	Error("not_found", ErrorResult, "There is no such venue")
	Error("unknown_symbol", String, "There is no such symbol")
	Error("conflict", Conflict, "The venue is not in a state to do that")
	Error("slow_down", ErrorResult, "Too many requests", func() {
		Temporary()
	})
	Error("halted", String, "The venue is halted")

	HTTP(func() {
		Response("not_found", StatusNotFound)
		Response("unknown_symbol", StatusNotFound)
		Response("conflict", StatusConflict)
		Response("slow_down", StatusTooManyRequests)
		Response("halted", StatusServiceUnavailable)
	})

	Method("quotes", func() {
		Description("Quotes of some symbols.")
		Payload(func() {
			Attribute("venue", String)
			Attribute("symbols", ArrayOf(String))
			Attribute("depth", Int32, func() {
				Default(5)
			})
			Attribute("count", Int32, func() {
				Default(1)
			})
			Attribute("view", String, func() {
				Enum("default", "tiny")
			})
			Attribute("session", String)
			Required("venue")
		})
		StreamingResult(Quote)
		HTTP(func() {
			GET("/market/{venue}/quotes")
			Param("symbols")
			Param("depth")
			Param("count")
			Param("view")
			Header("session:X-Session")
		})
	})

	Method("trade", func() {
		Description("Fills every order.")
		Payload(func() {
			Attribute("venue", String)
			Attribute("session", String)
			Required("venue")
		})
		StreamingPayload(Order)
		StreamingResult(Fill)
		HTTP(func() {
			GET("/market/{venue}/trade")
			Header("session:X-Session")
		})
	})

	Method("upload", func() {
		Description("Takes many orders, answers once.")
		Payload(func() {
			Attribute("venue", String)
			Required("venue")
		})
		StreamingPayload(Order)
		Result(Receipt)
		HTTP(func() {
			GET("/market/{venue}/upload")
		})
	})

	Method("place", func() {
		Description("Takes one order.")
		Payload(func() {
			Attribute("venue", String)
			Attribute("dry_run", Boolean, func() {
				Default(false)
			})
			Attribute("session", String)
			Attribute("order", Order)
			Required("venue", "session", "order")
		})
		Result(Receipt)
		HTTP(func() {
			POST("/market/{venue}/orders")
			Param("dry_run")
			Header("session:X-Session")
			Body("order")
			Response(StatusOK)
		})
	})

	Method("parameters", func() {
		Description("Answers with the parameters as they were understood.")
		Payload(ParameterSet)
		Result(ParameterSet)
		HTTP(func() {
			GET("/market/{venue}/parameters")
			Param("i32")
			Param("i64")
			Param("u64")
			Param("f64")
			Param("flag")
			Param("text")
			Param("texts")
			Param("numbers")
			Param("side")
			Header("session:X-Session")
			Header("weight:X-Weight")
			Response(StatusOK)
		})
	})

	Method("numbers", func() {
		Description("Echoes numbers.")
		StreamingPayload(NumberSet)
		StreamingResult(NumberSet)
		HTTP(func() {
			GET("/numbers")
		})
	})
})
