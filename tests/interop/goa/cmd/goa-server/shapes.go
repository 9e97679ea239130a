package main

import (
	"context"
	"errors"
	"io"
	"sync"

	"mandovi.test/goa/gen/shapes"
)

// parrot implements the service "shapes": it says again what it hears. Its methods
// are those of one generic shape, by the names that the design gives them.
type parrot struct {
	text     shape[string]
	flag     shape[bool]
	int      shape[int]
	int32    shape[int32]
	int64    shape[int64]
	uint     shape[uint]
	uint32   shape[uint32]
	uint64   shape[uint64]
	float32  shape[float32]
	float64  shape[float64]
	data     shape[[]byte]
	any      shape[any]
	texts    shape[[]string]
	lists    shape[[][]float64]
	blobs    shape[[][]byte]
	byText   shape[map[string]float64]
	byNumber shape[map[int]string]
	byBoth   shape[map[string]map[int64]bool]
	flat     shape[*shapes.Flat]
	nested   shape[*shapes.Nested]
	tree     shape[*shapes.Tree]
	ruled    shape[*shapes.Ruled]
	choice   shape[*shapes.Choice]
	person   shape[*shapes.PersonData]
}

// shape remembers what it took last.
type shape[T any] struct {
	mutex  sync.Mutex
	values []T
}

type collecting[T, R any] interface {
	Recv() (T, error)
	SendAndClose(R) error
}

type sending[T any] interface {
	Send(T) error
	Close() error
}

type exchanging[T, U any] interface {
	Recv() (T, error)
	Send(U) error
	Close() error
}

func same[T any](value T) T { return value }

// take remembers values in the place of those before.
func (s *shape[T]) take(values []T) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.values = values
}

// collect takes all that comes, and answers with it.
func (s *shape[T]) collect(stream collecting[T, []T]) error {
	return collect(s, stream, same)
}

func collect[T, R any](s *shape[T], stream collecting[T, R], answer func([]T) R) (err error) {
	defer ended("shapes.collect", &err)
	values := []T{}
	for {
		value, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			s.take(values)
			return stream.SendAndClose(answer(values))
		}
		if err != nil {
			return err
		}
		values = append(values, value)
	}
}

// replay sends what it took last.
func (s *shape[T]) replay(stream sending[T]) error {
	return replay(s, stream, same)
}

func replay[T, U any](s *shape[T], stream sending[U], view func(T) U) (err error) {
	defer ended("shapes.replay", &err)
	s.mutex.Lock()
	values := s.values
	s.mutex.Unlock()
	for _, value := range values {
		if err := stream.Send(view(value)); err != nil {
			return err
		}
	}
	closeQuietly("shapes.replay", stream)
	return nil
}

// exchange sends each value as it comes.
func exchanged[T, U any](stream exchanging[T, U], view func(T) U) (err error) {
	defer ended("shapes.exchange", &err)
	for {
		value, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			closeQuietly("shapes.exchange", stream)
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(view(value)); err != nil {
			return err
		}
	}
}

func person(data *shapes.PersonData) *shapes.Person {
	return &shapes.Person{Name: data.Name, Age: data.Age, Tags: data.Tags}
}

func persons(data []*shapes.PersonData) shapes.PersonCollection {
	all := shapes.PersonCollection{}
	for _, one := range data {
		all = append(all, person(one))
	}
	return all
}

func (p *parrot) PersonPlain(_ context.Context, people *shapes.People) (shapes.PersonCollection, error) {
	return persons(people.People), nil
}

func (p *parrot) PersonCollect(_ context.Context, s shapes.PersonCollectServerStream) error {
	return collect(&p.person, s, persons)
}

func (p *parrot) PersonReplay(_ context.Context, s shapes.PersonReplayServerStream) error {
	return replay(&p.person, s, person)
}

func (p *parrot) PersonExchange(_ context.Context, s shapes.PersonExchangeServerStream) error {
	return exchanged(s, person)
}

func (p *parrot) ChoicePlain(_ context.Context, v *shapes.Choice) (*shapes.Choice, error) {
	p.choice.take([]*shapes.Choice{v})
	return v, nil
}

func (p *parrot) ChoiceReplay(_ context.Context, s shapes.ChoiceReplayServerStream) error {
	return p.choice.replay(s)
}

func (p *parrot) TextPlain(_ context.Context, v string) (string, error) { return v, nil }
func (p *parrot) TextCollect(_ context.Context, s shapes.TextCollectServerStream) error {
	return p.text.collect(s)
}
func (p *parrot) TextReplay(_ context.Context, s shapes.TextReplayServerStream) error {
	return p.text.replay(s)
}
func (p *parrot) TextExchange(_ context.Context, s shapes.TextExchangeServerStream) error {
	return exchanged(s, same[string])
}

func (p *parrot) FlagPlain(_ context.Context, v bool) (bool, error) { return v, nil }
func (p *parrot) FlagCollect(_ context.Context, s shapes.FlagCollectServerStream) error {
	return p.flag.collect(s)
}
func (p *parrot) FlagReplay(_ context.Context, s shapes.FlagReplayServerStream) error {
	return p.flag.replay(s)
}
func (p *parrot) FlagExchange(_ context.Context, s shapes.FlagExchangeServerStream) error {
	return exchanged(s, same[bool])
}

func (p *parrot) IntPlain(_ context.Context, v int) (int, error) { return v, nil }
func (p *parrot) IntCollect(_ context.Context, s shapes.IntCollectServerStream) error {
	return p.int.collect(s)
}
func (p *parrot) IntReplay(_ context.Context, s shapes.IntReplayServerStream) error {
	return p.int.replay(s)
}
func (p *parrot) IntExchange(_ context.Context, s shapes.IntExchangeServerStream) error {
	return exchanged(s, same[int])
}

func (p *parrot) Int32Plain(_ context.Context, v int32) (int32, error) { return v, nil }
func (p *parrot) Int32Collect(_ context.Context, s shapes.Int32CollectServerStream) error {
	return p.int32.collect(s)
}
func (p *parrot) Int32Replay(_ context.Context, s shapes.Int32ReplayServerStream) error {
	return p.int32.replay(s)
}
func (p *parrot) Int32Exchange(_ context.Context, s shapes.Int32ExchangeServerStream) error {
	return exchanged(s, same[int32])
}

func (p *parrot) Int64Plain(_ context.Context, v int64) (int64, error) { return v, nil }
func (p *parrot) Int64Collect(_ context.Context, s shapes.Int64CollectServerStream) error {
	return p.int64.collect(s)
}
func (p *parrot) Int64Replay(_ context.Context, s shapes.Int64ReplayServerStream) error {
	return p.int64.replay(s)
}
func (p *parrot) Int64Exchange(_ context.Context, s shapes.Int64ExchangeServerStream) error {
	return exchanged(s, same[int64])
}

func (p *parrot) UintPlain(_ context.Context, v uint) (uint, error) { return v, nil }
func (p *parrot) UintCollect(_ context.Context, s shapes.UintCollectServerStream) error {
	return p.uint.collect(s)
}
func (p *parrot) UintReplay(_ context.Context, s shapes.UintReplayServerStream) error {
	return p.uint.replay(s)
}
func (p *parrot) UintExchange(_ context.Context, s shapes.UintExchangeServerStream) error {
	return exchanged(s, same[uint])
}

func (p *parrot) Uint32Plain(_ context.Context, v uint32) (uint32, error) { return v, nil }
func (p *parrot) Uint32Collect(_ context.Context, s shapes.Uint32CollectServerStream) error {
	return p.uint32.collect(s)
}
func (p *parrot) Uint32Replay(_ context.Context, s shapes.Uint32ReplayServerStream) error {
	return p.uint32.replay(s)
}
func (p *parrot) Uint32Exchange(_ context.Context, s shapes.Uint32ExchangeServerStream) error {
	return exchanged(s, same[uint32])
}

func (p *parrot) Uint64Plain(_ context.Context, v uint64) (uint64, error) { return v, nil }
func (p *parrot) Uint64Collect(_ context.Context, s shapes.Uint64CollectServerStream) error {
	return p.uint64.collect(s)
}
func (p *parrot) Uint64Replay(_ context.Context, s shapes.Uint64ReplayServerStream) error {
	return p.uint64.replay(s)
}
func (p *parrot) Uint64Exchange(_ context.Context, s shapes.Uint64ExchangeServerStream) error {
	return exchanged(s, same[uint64])
}

func (p *parrot) Float32Plain(_ context.Context, v float32) (float32, error) { return v, nil }
func (p *parrot) Float32Collect(_ context.Context, s shapes.Float32CollectServerStream) error {
	return p.float32.collect(s)
}
func (p *parrot) Float32Replay(_ context.Context, s shapes.Float32ReplayServerStream) error {
	return p.float32.replay(s)
}
func (p *parrot) Float32Exchange(_ context.Context, s shapes.Float32ExchangeServerStream) error {
	return exchanged(s, same[float32])
}

func (p *parrot) Float64Plain(_ context.Context, v float64) (float64, error) { return v, nil }
func (p *parrot) Float64Collect(_ context.Context, s shapes.Float64CollectServerStream) error {
	return p.float64.collect(s)
}
func (p *parrot) Float64Replay(_ context.Context, s shapes.Float64ReplayServerStream) error {
	return p.float64.replay(s)
}
func (p *parrot) Float64Exchange(_ context.Context, s shapes.Float64ExchangeServerStream) error {
	return exchanged(s, same[float64])
}

func (p *parrot) DataPlain(_ context.Context, v []byte) ([]byte, error) { return v, nil }
func (p *parrot) DataCollect(_ context.Context, s shapes.DataCollectServerStream) error {
	return p.data.collect(s)
}
func (p *parrot) DataReplay(_ context.Context, s shapes.DataReplayServerStream) error {
	return p.data.replay(s)
}
func (p *parrot) DataExchange(_ context.Context, s shapes.DataExchangeServerStream) error {
	return exchanged(s, same[[]byte])
}

func (p *parrot) AnyPlain(_ context.Context, v any) (any, error) { return v, nil }
func (p *parrot) AnyCollect(_ context.Context, s shapes.AnyCollectServerStream) error {
	return p.any.collect(s)
}
func (p *parrot) AnyReplay(_ context.Context, s shapes.AnyReplayServerStream) error {
	return p.any.replay(s)
}
func (p *parrot) AnyExchange(_ context.Context, s shapes.AnyExchangeServerStream) error {
	return exchanged(s, same[any])
}

func (p *parrot) TextsPlain(_ context.Context, v []string) ([]string, error) { return v, nil }
func (p *parrot) TextsCollect(_ context.Context, s shapes.TextsCollectServerStream) error {
	return p.texts.collect(s)
}
func (p *parrot) TextsReplay(_ context.Context, s shapes.TextsReplayServerStream) error {
	return p.texts.replay(s)
}
func (p *parrot) TextsExchange(_ context.Context, s shapes.TextsExchangeServerStream) error {
	return exchanged(s, same[[]string])
}

func (p *parrot) ListsPlain(_ context.Context, v [][]float64) ([][]float64, error) { return v, nil }
func (p *parrot) ListsCollect(_ context.Context, s shapes.ListsCollectServerStream) error {
	return p.lists.collect(s)
}
func (p *parrot) ListsReplay(_ context.Context, s shapes.ListsReplayServerStream) error {
	return p.lists.replay(s)
}
func (p *parrot) ListsExchange(_ context.Context, s shapes.ListsExchangeServerStream) error {
	return exchanged(s, same[[][]float64])
}

func (p *parrot) BlobsPlain(_ context.Context, v [][]byte) ([][]byte, error) { return v, nil }
func (p *parrot) BlobsCollect(_ context.Context, s shapes.BlobsCollectServerStream) error {
	return p.blobs.collect(s)
}
func (p *parrot) BlobsReplay(_ context.Context, s shapes.BlobsReplayServerStream) error {
	return p.blobs.replay(s)
}
func (p *parrot) BlobsExchange(_ context.Context, s shapes.BlobsExchangeServerStream) error {
	return exchanged(s, same[[][]byte])
}

func (p *parrot) ByTextPlain(_ context.Context, v map[string]float64) (map[string]float64, error) {
	return v, nil
}
func (p *parrot) ByTextCollect(_ context.Context, s shapes.ByTextCollectServerStream) error {
	return p.byText.collect(s)
}
func (p *parrot) ByTextReplay(_ context.Context, s shapes.ByTextReplayServerStream) error {
	return p.byText.replay(s)
}
func (p *parrot) ByTextExchange(_ context.Context, s shapes.ByTextExchangeServerStream) error {
	return exchanged(s, same[map[string]float64])
}

func (p *parrot) ByNumberPlain(_ context.Context, v map[int]string) (map[int]string, error) {
	return v, nil
}
func (p *parrot) ByNumberCollect(_ context.Context, s shapes.ByNumberCollectServerStream) error {
	return p.byNumber.collect(s)
}
func (p *parrot) ByNumberReplay(_ context.Context, s shapes.ByNumberReplayServerStream) error {
	return p.byNumber.replay(s)
}
func (p *parrot) ByNumberExchange(_ context.Context, s shapes.ByNumberExchangeServerStream) error {
	return exchanged(s, same[map[int]string])
}

func (p *parrot) ByBothPlain(_ context.Context, v map[string]map[int64]bool) (map[string]map[int64]bool, error) {
	return v, nil
}
func (p *parrot) ByBothCollect(_ context.Context, s shapes.ByBothCollectServerStream) error {
	return p.byBoth.collect(s)
}
func (p *parrot) ByBothReplay(_ context.Context, s shapes.ByBothReplayServerStream) error {
	return p.byBoth.replay(s)
}
func (p *parrot) ByBothExchange(_ context.Context, s shapes.ByBothExchangeServerStream) error {
	return exchanged(s, same[map[string]map[int64]bool])
}

func (p *parrot) FlatPlain(_ context.Context, v *shapes.Flat) (*shapes.Flat, error) { return v, nil }
func (p *parrot) FlatCollect(_ context.Context, s shapes.FlatCollectServerStream) error {
	return p.flat.collect(s)
}
func (p *parrot) FlatReplay(_ context.Context, s shapes.FlatReplayServerStream) error {
	return p.flat.replay(s)
}
func (p *parrot) FlatExchange(_ context.Context, s shapes.FlatExchangeServerStream) error {
	return exchanged(s, same[*shapes.Flat])
}

func (p *parrot) NestedPlain(_ context.Context, v *shapes.Nested) (*shapes.Nested, error) {
	return v, nil
}
func (p *parrot) NestedCollect(_ context.Context, s shapes.NestedCollectServerStream) error {
	return p.nested.collect(s)
}
func (p *parrot) NestedReplay(_ context.Context, s shapes.NestedReplayServerStream) error {
	return p.nested.replay(s)
}
func (p *parrot) NestedExchange(_ context.Context, s shapes.NestedExchangeServerStream) error {
	return exchanged(s, same[*shapes.Nested])
}

func (p *parrot) TreePlain(_ context.Context, v *shapes.Tree) (*shapes.Tree, error) { return v, nil }
func (p *parrot) TreeCollect(_ context.Context, s shapes.TreeCollectServerStream) error {
	return p.tree.collect(s)
}
func (p *parrot) TreeReplay(_ context.Context, s shapes.TreeReplayServerStream) error {
	return p.tree.replay(s)
}
func (p *parrot) TreeExchange(_ context.Context, s shapes.TreeExchangeServerStream) error {
	return exchanged(s, same[*shapes.Tree])
}

func (p *parrot) RuledPlain(_ context.Context, v *shapes.Ruled) (*shapes.Ruled, error) { return v, nil }
func (p *parrot) RuledCollect(_ context.Context, s shapes.RuledCollectServerStream) error {
	return p.ruled.collect(s)
}
func (p *parrot) RuledReplay(_ context.Context, s shapes.RuledReplayServerStream) error {
	return p.ruled.replay(s)
}
func (p *parrot) RuledExchange(_ context.Context, s shapes.RuledExchangeServerStream) error {
	return exchanged(s, same[*shapes.Ruled])
}
