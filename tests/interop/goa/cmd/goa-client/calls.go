package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"
	goahttp "goa.design/goa/v3/http"

	"mandovi.test/goa/gen/chatter"
	chatterclient "mandovi.test/goa/gen/http/chatter/client"
	marketclient "mandovi.test/goa/gen/http/market/client"
	"mandovi.test/goa/gen/market"
)

// stream is what a script may do with a call; what the design does not have is nil.
// A unary method has its answer instead.
type stream struct {
	send         func(json string) error
	recv         func() (any, error)
	close        func() error
	closeAndRecv func() (any, error)
	answer       any
}

// seen is what the peer answered, recorded below the generated client.
type seen struct {
	status   int
	goaError string
	view     *string
}

func (s *seen) record(response *http.Response) {
	s.status = response.StatusCode
	s.goaError = response.Header.Get("Goa-Error")
	if views := response.Header.Values("Goa-View"); len(views) > 0 {
		s.view = &views[0]
	}
}

// transport is the dialer and the HTTP client under the generated client.
type transport struct {
	dialer websocket.Dialer
	header http.Header
	seen   seen
}

func (t *transport) DialContext(ctx context.Context, url string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.overlay(header)
	conn, response, err := t.dialer.DialContext(ctx, url, header)
	if response != nil {
		t.seen.record(response)
	}
	return conn, response, err
}

func (t *transport) Do(request *http.Request) (*http.Response, error) {
	t.overlay(request.Header)
	response, err := http.DefaultTransport.RoundTrip(request)
	if response != nil {
		t.seen.record(response)
	}
	return response, err
}

func (t *transport) overlay(header http.Header) {
	for name, values := range t.header {
		header.Del(name)
		for _, value := range values {
			if value != "" {
				header.Add(name, value)
			}
		}
	}
}

func sends[T any](send func(T) error) func(string) error {
	return func(json string) error {
		var value T
		if err := fromWire(json, &value); err != nil {
			return badCommand{err}
		}
		return send(value)
	}
}

func receives[T any](recv func() (T, error)) func() (any, error) {
	return func() (any, error) { return recv() }
}

// call is a method with its parameters, ready to be made.
type call func(ctx context.Context) (*stream, error)

// prepare finds a method and reads its parameters.
func prepare(method string, base *url.URL, t *transport, p *params) (call, error) {
	chat, exchange := clients(base, t)
	var make call
	switch method {
	case "chatter.login":
		payload := &chatter.LoginPayload{User: p.text("user"), Password: p.text("password")}
		make = func(ctx context.Context) (*stream, error) {
			token, err := chat.Login(ctx, payload)
			return &stream{answer: token}, err
		}
	case "chatter.echoer":
		payload := &chatter.EchoerPayload{Token: p.text("token")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := chat.Echoer(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), recv: receives(s.Recv), close: s.Close}, nil
		}
	case "chatter.listener":
		payload := &chatter.ListenerPayload{Token: p.text("token")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := chat.Listener(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), close: s.Close}, nil
		}
	case "chatter.summary":
		payload := &chatter.SummaryPayload{Token: p.text("token")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := chat.Summary(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), closeAndRecv: receives(s.CloseAndRecv)}, nil
		}
	case "chatter.subscribe":
		payload := &chatter.SubscribePayload{Token: p.text("token")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := chat.Subscribe(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{recv: receives(s.Recv)}, nil
		}
	case "chatter.history":
		payload := &chatter.HistoryPayload{Token: p.text("token"), View: optional[string](p, "view")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := chat.History(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{recv: receives(s.Recv)}, nil
		}
	case "market.quotes":
		payload := &market.QuotesPayload{
			Venue:   p.text("venue"),
			Symbols: p.all("symbols"),
			Depth:   or[int32](p, "depth", 5),
			Count:   or[int32](p, "count", 1),
			View:    optional[string](p, "view"),
			Session: optional[string](p, "session"),
		}
		make = func(ctx context.Context) (*stream, error) {
			s, err := exchange.Quotes(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{recv: receives(s.Recv)}, nil
		}
	case "market.trade":
		payload := &market.TradePayload{Venue: p.text("venue"), Session: optional[string](p, "session")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := exchange.Trade(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), recv: receives(s.Recv), close: s.Close}, nil
		}
	case "market.upload":
		payload := &market.UploadPayload{Venue: p.text("venue")}
		make = func(ctx context.Context) (*stream, error) {
			s, err := exchange.Upload(ctx, payload)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), closeAndRecv: receives(s.CloseAndRecv)}, nil
		}
	case "market.place":
		payload := &market.PlacePayload{
			Venue:   p.text("venue"),
			DryRun:  or(p, "dry_run", false),
			Session: p.text("session"),
			Order:   optional[market.Order](p, "order"),
		}
		make = func(ctx context.Context) (*stream, error) {
			receipt, err := exchange.Place(ctx, payload)
			return &stream{answer: receipt}, err
		}
	case "market.parameters":
		payload := &market.ParameterSet{
			Venue:   p.text("venue"),
			I32:     optional[int32](p, "i32"),
			I64:     optional[int64](p, "i64"),
			U64:     optional[uint64](p, "u64"),
			F64:     optional[float64](p, "f64"),
			Flag:    optional[bool](p, "flag"),
			Text:    or(p, "text", "none"),
			Texts:   p.all("texts"),
			Numbers: many[int64](p, "numbers"),
			Side:    optional[string](p, "side"),
			Session: optional[string](p, "session"),
			Weight:  optional[uint32](p, "weight"),
		}
		make = func(ctx context.Context) (*stream, error) {
			answer, err := exchange.Parameters(ctx, payload)
			return &stream{answer: answer}, err
		}
	case "market.numbers":
		make = func(ctx context.Context) (*stream, error) {
			s, err := exchange.Numbers(ctx)
			if err != nil {
				return nil, err
			}
			return &stream{send: sends(s.Send), recv: receives(s.Recv), close: s.Close}, nil
		}
	default:
		return nil, fmt.Errorf("there is no method %q", method)
	}
	return make, p.finish()
}

// clients puts the generated clients on the transport.
func clients(base *url.URL, t *transport) (*chatter.Client, *market.Client) {
	encoder, decoder := goahttp.RequestEncoder, goahttp.ResponseDecoder
	c := chatterclient.NewClient(base.Scheme, base.Host, t, encoder, decoder, false, t, nil)
	m := marketclient.NewClient(base.Scheme, base.Host, t, encoder, decoder, false, t, nil)
	return chatter.NewClient(c.Login(), c.Echoer(), c.Listener(), c.Summary(), c.Subscribe(), c.History()),
		market.NewClient(m.Quotes(), m.Trade(), m.Upload(), m.Place(), m.Parameters(), m.Numbers())
}

// newTransport makes a transport that waits for a handshake for so long.
func newTransport(handshake time.Duration, header http.Header) *transport {
	return &transport{dialer: websocket.Dialer{HandshakeTimeout: handshake}, header: header}
}
