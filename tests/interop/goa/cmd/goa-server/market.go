package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mandovi.test/goa/gen/market"
)

// exchange implements the service "market". It keeps nothing: every answer follows
// from what was asked, so that a test can tell it beforehand.
type exchange struct{}

// refuse gives the error of the venues that always refuse.
func refuse(venue string) error {
	switch venue {
	case "nowhere":
		return market.MakeNotFound(fmt.Errorf("venue %s is not known", venue))
	case "closed":
		return &market.Conflict{Venue: venue, State: "closed", Limit: 9007199254740993, Orders: []string{"a", "b"}}
	case "busy":
		return market.MakeSlowDown(fmt.Errorf("venue %s is busy", venue))
	case "halted":
		return market.Halted(fmt.Sprintf("venue %s is halted", venue))
	}
	return nil
}

func (exchange) Quotes(_ context.Context, payload *market.QuotesPayload, stream market.QuotesServerStream) (err error) {
	defer ended("market.quotes", &err)
	if err := refuse(payload.Venue); err != nil {
		return err
	}
	symbols := payload.Symbols
	if len(symbols) == 0 {
		symbols = []string{"AAA"}
	}
	if slices.Contains(symbols, "ZZZ") {
		return market.UnknownSymbol("symbol ZZZ is not known")
	}
	stream.SetView("default")
	if payload.View != nil {
		stream.SetView(*payload.View)
	}
	for round := 0; payload.Count == 0 || round < int(payload.Count); round++ {
		if payload.Venue == "minute" && round > 0 {
			time.Sleep(time.Minute)
		}
		for index, symbol := range symbols {
			if err := stream.Send(quote(payload, symbol, round, index)); err != nil {
				return err
			}
		}
		if payload.Venue == "broken" {
			return &market.Conflict{Venue: payload.Venue, State: "broken", Limit: int64(round)}
		}
		if payload.Count == 0 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	closeQuietly("market.quotes", stream)
	return nil
}

// quote makes the quote of one symbol; README.md states the figures.
func quote(payload *market.QuotesPayload, symbol string, round, index int) *market.Quote {
	bid := 100 + float64(index) + float64(round)/4
	levels := []*market.Level{}
	for level := 0; level < int(payload.Depth); level++ {
		levels = append(levels, &market.Level{Price: bid - float64(level)/2, Quantity: int64(10 * (level + 1))})
	}
	return &market.Quote{
		Symbol:  symbol,
		Venue:   payload.Venue,
		Bid:     bid,
		Ask:     bid + 0.5,
		Depth:   payload.Depth,
		Volume:  18446744073709551615 - uint64(round),
		Levels:  levels,
		Session: payload.Session,
	}
}

func (exchange) Trade(_ context.Context, payload *market.TradePayload, stream market.TradeServerStream) (err error) {
	defer ended("market.trade", &err)
	if err := refuse(payload.Venue); err != nil {
		return err
	}
	var late []*market.Order
	for {
		order, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			for _, order := range late {
				if err := stream.Send(fill(payload.Venue, order)); err != nil {
					return err
				}
			}
			closeQuietly("market.trade", stream)
			return nil
		}
		switch {
		case err != nil:
			return err
		case order.ID == "boom":
			return &market.Conflict{Venue: payload.Venue, State: "broken", Limit: 1}
		case order.ID == "bye":
			closeQuietly("market.trade", stream)
			return nil
		case strings.HasPrefix(order.ID, "late-"):
			late = append(late, order)
		default:
			if err := stream.Send(fill(payload.Venue, order)); err != nil {
				return err
			}
		}
	}
}

// fill gives what comes of an order: all of it, in two legs, at its own price.
func fill(venue string, order *market.Order) *market.Fill {
	checksum := slices.Clone(order.Signature)
	if checksum == nil {
		checksum = []byte{}
	}
	slices.Reverse(checksum)
	half := order.Quantity / 2
	return &market.Fill{
		OrderID:  order.ID,
		Side:     order.Side,
		Filled:   uint64(order.Quantity),
		Average:  order.Price,
		Checksum: checksum,
		Original: order,
		Legs: []*market.Leg{
			{Venue: venue, Price: order.Price, Quantity: half},
			{Venue: venue, Price: order.Price, Quantity: order.Quantity - half},
		},
	}
}

func (exchange) Upload(_ context.Context, payload *market.UploadPayload, stream market.UploadServerStream) (err error) {
	defer ended("market.upload", &err)
	if err := refuse(payload.Venue); err != nil {
		return err
	}
	receipt := &market.Receipt{Symbols: map[string]int64{}}
	for {
		order, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(receipt)
		}
		switch {
		case err != nil:
			return err
		case order.ID == "boom":
			return &market.Conflict{Venue: payload.Venue, State: "broken", Limit: 1}
		}
		book(receipt, order)
		if order.ID == "last" {
			return stream.SendAndClose(receipt)
		}
	}
}

// book adds an order to a receipt.
func book(receipt *market.Receipt, order *market.Order) {
	receipt.Count++
	receipt.Total += order.Price * float64(order.Quantity)
	receipt.Symbols[order.Symbol] += order.Quantity
	receipt.LastID = &order.ID
}

func (exchange) Place(_ context.Context, payload *market.PlacePayload) (receipt *market.Receipt, err error) {
	defer ended("market.place", &err)
	if err := refuse(payload.Venue); err != nil {
		return nil, err
	}
	if payload.Order.Symbol == "ZZZ" {
		return nil, market.UnknownSymbol("symbol ZZZ is not known")
	}
	receipt = &market.Receipt{Symbols: map[string]int64{}}
	if !payload.DryRun {
		book(receipt, payload.Order)
	}
	return receipt, nil
}

func (exchange) Parameters(_ context.Context, payload *market.ParameterSet) (_ *market.ParameterSet, err error) {
	defer ended("market.parameters", &err)
	return payload, refuse(payload.Venue)
}

func (exchange) Numbers(_ context.Context, stream market.NumbersServerStream) (err error) {
	defer ended("market.numbers", &err)
	for {
		numbers, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			closeQuietly("market.numbers", stream)
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(numbers); err != nil {
			return err
		}
	}
}
