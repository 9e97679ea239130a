package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"reflect"
	"strings"

	goahttp "goa.design/goa/v3/http"

	shapesclient "mandovi.test/goa/gen/http/shapes/client"
	"mandovi.test/goa/gen/shapes"
)

// The mode "shapes": every method of that service with the values below. What comes
// back must be deeply equal to what went; each case is one line of JSON.

type collecting[T, R any] interface {
	Send(T) error
	CloseAndRecv() (R, error)
}

type receiving[T any] interface{ Recv() (T, error) }

type exchanging[T, U any] interface {
	Send(T) error
	Recv() (U, error)
	Close() error
}

// runner runs cases and prints them.
type runner struct {
	ctx context.Context
	out *printer
}

// check prints one case: how many values came back as they went, or what is wrong.
func (r *runner) check(name string, work func() (int, error)) {
	values, err := func() (values int, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v", cause)
			}
		}()
		return work()
	}()
	if err != nil {
		r.out.failed = true
		r.out.print("case", event{"name": name, "ok": false, "message": err.Error()})
		return
	}
	r.out.print("case", event{"name": name, "ok": true, "values": values})
}

func compare(came, wanted any) error {
	if !reflect.DeepEqual(came, wanted) {
		return fmt.Errorf("came %s, wanted %s", shown(came), shown(wanted))
	}
	return nil
}

func shown(value any) string { return fmt.Sprintf("%T %+v", value, toWire(value)) }

// all runs the four methods of a shape with the same values.
func all[T any, C collecting[T, []T], R receiving[T], E exchanging[T, T]](
	r *runner, name string,
	plain func(context.Context, T) (T, error),
	collect func(context.Context) (C, error),
	replay func(context.Context) (R, error),
	exchange func(context.Context) (E, error),
	values ...T,
) {
	r.check(name+"_plain", func() (int, error) {
		for _, value := range values {
			came, err := plain(r.ctx, value)
			if err == nil {
				err = compare(came, value)
			}
			if err != nil {
				return 0, err
			}
		}
		return len(values), nil
	})
	r.check(name+"_collect", func() (int, error) { return collected(r.ctx, collect, values, values) })
	r.check(name+"_replay", func() (int, error) { return replayed(r.ctx, replay, values) })
	r.check(name+"_exchange", func() (int, error) { return exchanged(r.ctx, exchange, values, values) })
}

func collected[T, V any, C collecting[T, []V]](
	ctx context.Context, collect func(context.Context) (C, error), values []T, wanted []V,
) (int, error) {
	stream, err := collect(ctx)
	if err != nil {
		return 0, err
	}
	for _, value := range values {
		if err := stream.Send(value); err != nil {
			return 0, err
		}
	}
	came, err := stream.CloseAndRecv()
	if err != nil {
		return 0, err
	}
	return len(values), compare(came, wanted)
}

func replayed[T any, R receiving[T]](ctx context.Context, replay func(context.Context) (R, error), wanted []T) (int, error) {
	stream, err := replay(ctx)
	if err != nil {
		return 0, err
	}
	came := []T{}
	for {
		value, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return len(came), compare(came, wanted)
		}
		if err != nil {
			return 0, err
		}
		came = append(came, value)
	}
}

func exchanged[T, U any, E exchanging[T, U]](
	ctx context.Context, exchange func(context.Context) (E, error), values []T, wanted []U,
) (int, error) {
	stream, err := exchange(ctx)
	if err != nil {
		return 0, err
	}
	for i, value := range values {
		if err := stream.Send(value); err != nil {
			return 0, err
		}
		came, err := stream.Recv()
		if err == nil {
			err = compare(came, wanted[i])
		}
		if err != nil {
			return 0, err
		}
	}
	return len(values), stream.Close()
}

// shapesClient puts the generated client on the transport. Its constructor takes one
// argument for each of its ninety methods, so that they are matched by name here.
func shapesClient(base *url.URL, t *transport) *shapes.Client {
	encoder, decoder := goahttp.RequestEncoder, goahttp.ResponseDecoder
	endpoints := reflect.ValueOf(shapesclient.NewClient(base.Scheme, base.Host, t, encoder, decoder, false, t, nil))
	client := &shapes.Client{}
	fields := reflect.ValueOf(client).Elem()
	for i := range fields.NumField() {
		name := strings.TrimSuffix(fields.Type().Field(i).Name, "Endpoint")
		fields.Field(i).Set(endpoints.MethodByName(name).Call(nil)[0])
	}
	return client
}

func pointer[T any](value T) *T { return &value }

// The texts that JSON gets wrong.
var texts = []string{
	"", " ", "null", "\"", "\\", "\\u0000", "\x00\x01\x1f", "\b\f\n\r\t", "</script>", "&<>'", "\u00e9", "e\u0301", "\u65e5\u672c",
	"\U0001f600", "\u2028\u2029", "\ufeff", "\ufffd\uffff", "\U0010ffff", "\x7f\u0080", strings.Repeat("x", 70_000)[:5000],
}

func flats() []*shapes.Flat {
	full := &shapes.Flat{
		Text: "full", Flag: true, Number: math.MinInt64, Share: math.SmallestNonzeroFloat64, Data: []byte{0, 255, 128}, Colour: "dark_green",
		Count: math.MaxUint32, Any: map[string]any{"a": nil, "b": []any{1.5, "x", true, nil, []any{}}, "": map[string]any{}},
		Note: pointer(""), Small: pointer(int32(math.MinInt32)), Wide: pointer(uint64(math.MaxUint64)), Loose: pointer(float32(math.MaxFloat32)),
	}
	bare := &shapes.Flat{Text: "", Data: []byte{}, Colour: "not \"blue\"", Count: 7, Any: false}
	all := []*shapes.Flat{full, bare}
	// Goa takes a zero for absent where there is a default, and the default comes back.
	for _, text := range texts {
		all = append(all, &shapes.Flat{Text: text, Data: []byte(text), Colour: "red", Count: 7, Any: text, Note: pointer(text)})
	}
	return all
}

func trees() []*shapes.Tree {
	chain := &shapes.Tree{Name: ""}
	for i := range 30 {
		chain = &shapes.Tree{Name: texts[i%len(texts)], Next: chain}
	}
	leaf := func(name string) *shapes.Tree { return &shapes.Tree{Name: name} }
	wide := &shapes.Tree{
		Name: "wide", Next: leaf("next"), Children: []*shapes.Tree{leaf("a"), leaf("b"), chain},
		ByName: map[string]*shapes.Tree{"": leaf("c"), "d": {Name: "d", Children: []*shapes.Tree{leaf("e")}}},
	}
	return []*shapes.Tree{leaf("leaf"), chain, wide}
}

func ruled() []*shapes.Ruled {
	return []*shapes.Ruled{
		{Code: "AB1", Word: "yes", Name: "ab", Count: 1, Share: math.SmallestNonzeroFloat64, Tags: []string{""}, ByName: map[string]int{"": math.MaxInt64}},
		{
			Code: "ZZ0099", Word: "no", Name: "\u65e5\u672c\u8a9e\U0001f600x", Count: 10, Share: 0.999, Tags: []string{"abc", "\u65e5\u672c\u8a9e"},
			ByName: map[string]int{"x": -1}, Date: pointer("2024-02-29"), DateTime: pointer("2024-02-29T23:59:59.5+05:30"),
			UUID: pointer("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), Email: pointer("ana@example.com"), Hostname: pointer("example.com"),
			Ipv4: pointer("192.0.2.1"), Ipv6: pointer("2001:db8::1"), IP: pointer("192.0.2.1"), URI: pointer("https://example.com/a?b#c"),
			Mac: pointer("00:00:5e:00:53:01"), Cidr: pointer("192.0.2.0/24"), Regexp: pointer("^a+$"), JSON: pointer(`{"a":[1]}`),
			Rfc1123: pointer("Mon, 02 Jan 2006 15:04:05 MST"),
		},
	}
}

// runShapes runs every method of the service.
func runShapes(ctx context.Context, c *shapes.Client, out *printer) {
	r := &runner{ctx, out}
	flat, bare := flats()[0], flats()[1]
	nested := []*shapes.Nested{
		{One: bare, List: []*shapes.Flat{}, ByName: map[string]*shapes.Flat{}},
		{
			One: flat, Maybe: bare, List: flats(), Lists: [][]string{{}, {"red", "red"}, {"dark_green"}}, ByName: map[string]*shapes.Flat{"": flat, "b": bare},
			ByNumber: map[int][]float32{math.MinInt64: {}, 0: {0, 1.5}, 7: {math.SmallestNonzeroFloat32}}, Texts: texts,
		},
	}
	byText := map[string]float64{}
	for i, text := range texts {
		byText[text] = float64(i) / 8
	}
	blobs := [][]byte{{}, {0}, {0, 1}, {0, 1, 2}, {255, 254, 253, 252}, make([]byte, 9000)}

	all(r, "text", c.TextPlain, c.TextCollect, c.TextReplay, c.TextExchange, texts...)
	all(r, "flag", c.FlagPlain, c.FlagCollect, c.FlagReplay, c.FlagExchange, false, true)
	all(r, "int", c.IntPlain, c.IntCollect, c.IntReplay, c.IntExchange, 0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53+1)
	all(r, "int32", c.Int32Plain, c.Int32Collect, c.Int32Replay, c.Int32Exchange, 0, 1, -1, math.MaxInt32, math.MinInt32)
	all(r, "int64", c.Int64Plain, c.Int64Collect, c.Int64Replay, c.Int64Exchange, 0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53+1)
	all(r, "uint", c.UintPlain, c.UintCollect, c.UintReplay, c.UintExchange, 0, 1, math.MaxUint64, 1<<53+1)
	all(r, "uint32", c.Uint32Plain, c.Uint32Collect, c.Uint32Replay, c.Uint32Exchange, 0, 1, math.MaxUint32)
	all(r, "uint64", c.Uint64Plain, c.Uint64Collect, c.Uint64Replay, c.Uint64Exchange, 0, 1, math.MaxUint64, 1<<53+1)
	all(r, "float32", c.Float32Plain, c.Float32Collect, c.Float32Replay, c.Float32Exchange, 0, 1, -1.5, 0.1, math.MaxFloat32, math.SmallestNonzeroFloat32)
	all(r, "float64", c.Float64Plain, c.Float64Collect, c.Float64Replay, c.Float64Exchange, 0, 1, -1.5, 0.1, 1e21, 1e-7, 9.320207359300743e-292, math.MaxFloat64, math.SmallestNonzeroFloat64)
	all(r, "data", c.DataPlain, c.DataCollect, c.DataReplay, c.DataExchange, blobs...)
	all[any](r, "any", c.AnyPlain, c.AnyCollect, c.AnyReplay, c.AnyExchange, false, true, 0.0, 1.5, -1e300, "", "null", []any{}, map[string]any{}, []any{nil}, flat.Any, texts[3])
	all(r, "texts", c.TextsPlain, c.TextsCollect, c.TextsReplay, c.TextsExchange, []string{}, texts)
	all(r, "lists", c.ListsPlain, c.ListsCollect, c.ListsReplay, c.ListsExchange, [][]float64{}, [][]float64{{}, {1, 2.5}, {-0.1}})
	all(r, "blobs", c.BlobsPlain, c.BlobsCollect, c.BlobsReplay, c.BlobsExchange, [][]byte{}, blobs)
	all(r, "by_text", c.ByTextPlain, c.ByTextCollect, c.ByTextReplay, c.ByTextExchange, map[string]float64{}, byText)
	all(r, "by_number", c.ByNumberPlain, c.ByNumberCollect, c.ByNumberReplay, c.ByNumberExchange, map[int]string{}, map[int]string{0: "", -1: "x", math.MaxInt64: "y", math.MinInt64: "z"})
	all(r, "by_both", c.ByBothPlain, c.ByBothCollect, c.ByBothReplay, c.ByBothExchange, map[string]map[int64]bool{}, map[string]map[int64]bool{"": {}, "a": {1: true, -1: false}})
	all(r, "flat", c.FlatPlain, c.FlatCollect, c.FlatReplay, c.FlatExchange, flats()...)
	all(r, "nested", c.NestedPlain, c.NestedCollect, c.NestedReplay, c.NestedExchange, nested...)
	all(r, "tree", c.TreePlain, c.TreeCollect, c.TreeReplay, c.TreeExchange, trees()...)
	all(r, "ruled", c.RuledPlain, c.RuledCollect, c.RuledReplay, c.RuledExchange, ruled()...)

	runChoices(r, c)
	runPersons(r, c)
}

// runChoices runs what there is of a union: it does not compile in a streaming payload.
func runChoices(r *runner, c *shapes.Client) {
	choices := []*shapes.Choice{
		{Value: shapes.ValueText("a \"text\"")},
		{Value: shapes.ValueNumber(math.MinInt64), Note: pointer("least")},
		{Value: &shapes.Spot{At: 1.5, SeenBy: texts}},
	}
	r.check("choice_plain", func() (int, error) {
		for _, choice := range choices {
			came, err := c.ChoicePlain(r.ctx, choice)
			if err == nil {
				err = compare(came, choice)
			}
			if err != nil {
				return 0, err
			}
		}
		return len(choices), nil
	})
	r.check("choice_replay", func() (int, error) { return replayed(r.ctx, c.ChoiceReplay, choices[2:]) })
}

// runPersons looks at the views: what a view leaves out is Go's zero value.
func runPersons(r *runner, c *shapes.Client) {
	data := []*shapes.PersonData{{Name: "", Tags: []string{}}, {Name: "Ana", Age: pointer(uint32(41)), Tags: []string{"", "b"}}}
	tiny, whole := shapes.PersonCollection{}, []*shapes.Person{}
	for _, one := range data {
		tiny = append(tiny, &shapes.Person{Name: one.Name})
		whole = append(whole, &shapes.Person{Name: one.Name, Age: one.Age, Tags: one.Tags})
	}
	r.check("person_plain", func() (int, error) {
		came, err := c.PersonPlain(r.ctx, &shapes.People{People: data})
		if err != nil {
			return 0, err
		}
		return len(data), compare(came, tiny)
	})
	r.check("person_collect", func() (int, error) {
		stream, err := c.PersonCollect(r.ctx)
		if err != nil {
			return 0, err
		}
		for _, one := range data {
			if err := stream.Send(one); err != nil {
				return 0, err
			}
		}
		came, err := stream.CloseAndRecv()
		if err != nil {
			return 0, err
		}
		return len(data), compare(came, tiny)
	})
	r.check("person_replay", func() (int, error) { return replayed(r.ctx, c.PersonReplay, []*shapes.Person(tiny)) })
	r.check("person_exchange", func() (int, error) { return exchanged(r.ctx, c.PersonExchange, data, whole) })
}
