// Command goa-server serves the services of the design on one port.
//
//	goa-server [-listen 127.0.0.1:0] [-gc 0s]
//
// It prints "listening ADDR" on standard output once it is bound, and on standard
// error one line "ended SERVICE.METHOD ERROR" when a method returns ("<nil>" for a
// good end). SIGTERM and SIGINT end it.
//
// A method that fails after the upgrade leaves its socket open, as every Goa
// server does, until the garbage collector finds it; -gc runs the collector at
// that interval, so that the peer sees the end of TCP soon.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	goahttp "goa.design/goa/v3/http"
	goa "goa.design/goa/v3/pkg"

	"mandovi.test/goa/gen/chatter"
	chatterserver "mandovi.test/goa/gen/http/chatter/server"
	marketserver "mandovi.test/goa/gen/http/market/server"
	shapesserver "mandovi.test/goa/gen/http/shapes/server"
	"mandovi.test/goa/gen/market"
	"mandovi.test/goa/gen/shapes"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	collect := flag.Duration("gc", 0, "interval of forced garbage collections; 0 for none")
	flag.Parse()
	log.SetFlags(log.Ltime | log.Lmicroseconds)

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "goa-server:", err)
		os.Exit(1)
	}

	if *collect > 0 {
		go func() {
			for range time.Tick(*collect) {
				runtime.GC()
			}
		}()
	}

	server := &http.Server{Handler: handler()}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	fmt.Printf("listening %s\n", listener.Addr())

	// Hijacked sockets belong to nobody by now: the end of the process closes them.
	log.Printf("stopped by %s", <-signals)
}

// handler mounts all services on one multiplexer.
func handler() http.Handler {
	mux := goahttp.NewMuxer()
	decoder, encoder := goahttp.RequestDecoder, goahttp.ResponseEncoder
	upgrader := &websocket.Upgrader{}
	failed := func(_ context.Context, _ http.ResponseWriter, err error) {
		log.Printf("not told to the peer: %v", err)
	}

	chatEndpoints := chatter.NewEndpoints(&chat{})
	// A reader for the one stream that may stay idle for long: without it the
	// departure of its client would go unnoticed.
	chatConnections := &chatterserver.ConnConfigurer{SubscribeFn: watch}
	chatterserver.Mount(mux, chatterserver.New(chatEndpoints, mux, decoder, encoder, failed, nil, upgrader, chatConnections))

	marketEndpoints := market.NewEndpoints(&exchange{})
	marketserver.Mount(mux, marketserver.New(marketEndpoints, mux, decoder, encoder, failed, nil, upgrader, nil))

	shapesEndpoints := shapes.NewEndpoints(&parrot{})
	shapesserver.Mount(mux, shapesserver.New(shapesEndpoints, mux, decoder, encoder, failed, nil, upgrader, nil))
	return mux
}

// watch reads what a peer that should send nothing sends: pings are answered and
// a close, or the end of TCP, cancels the method's context.
func watch(conn *websocket.Conn, cancel context.CancelFunc) *websocket.Conn {
	go func() {
		defer cancel()
		for {
			if _, _, err := conn.NextReader(); err != nil {
				return
			}
		}
	}()
	return conn
}

// ended logs how a method came to its end; to be deferred. Goa gives designed errors
// their description as text, or none, so that the value is told too.
func ended(method string, err *error) {
	var namer goa.GoaErrorNamer
	if errors.As(*err, &namer) {
		value := reflect.Indirect(reflect.ValueOf(namer))
		if value.Kind() == reflect.String {
			log.Printf("ended %s %s %s", method, namer.GoaErrorName(), value.String())
		} else {
			log.Printf("ended %s %s %+v", method, namer.GoaErrorName(), value)
		}
		return
	}
	log.Printf("ended %s %v", method, *err)
}
