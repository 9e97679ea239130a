package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	goa "goa.design/goa/v3/pkg"
)

// badCommand marks a fault of the script, not of the stream.
type badCommand struct{ error }

// printer writes one JSON object per line, at once, and remembers whether there was
// an error among them.
type printer struct {
	mutex  sync.Mutex
	failed bool
}

type event map[string]any

func (p *printer) print(name string, e event) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	e["event"] = name
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		fmt.Fprintln(os.Stderr, "goa-client:", err)
		os.Exit(1)
	}
}

// fail prints an error with all that can be known of it.
func (p *printer) fail(during string, err error, s *seen) {
	e := event{"during": during, "type": fmt.Sprintf("%T", err), "message": err.Error()}
	var namer goa.GoaErrorNamer
	var closed *websocket.CloseError
	var command badCommand
	switch {
	case errors.As(err, &command):
		e["during"] = "command"
	case errors.As(err, &namer):
		e["name"] = namer.GoaErrorName()
		e["value"] = toWire(namer)
	case errors.As(err, &closed):
		e["code"], e["reason"] = closed.Code, closed.Text
	}
	if s != nil && s.status != 0 {
		e["status_seen"] = s.status
		if s.goaError != "" {
			e["goa_error_seen"] = s.goaError
		}
	}
	p.mutex.Lock()
	p.failed = true
	p.mutex.Unlock()
	p.print("error", e)
}

// open makes the call. The generated client panics on some answers that no Goa
// server should give (a 200 to a stream, for one); that is an error like others.
func open(ctx context.Context, make call) (s *stream, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the generated client panicked: %v", cause)
		}
	}()
	return make(ctx)
}

// run obeys the commands, each when the one before it is done, but for "cancel", which
// is obeyed as soon as it is read, and for those with " &" at the end, which go on
// in the background.
func run(commands io.Reader, s *stream, cancel context.CancelFunc, out *printer) {
	queue := make(chan string, 1024)
	go func() {
		defer close(queue)
		lines := bufio.NewReader(commands)
		for {
			line, err := lines.ReadString('\n')
			line = strings.TrimRight(line, "\r\n")
			if line == "cancel" {
				cancel()
				out.print("cancelled", event{})
			} else if line != "" {
				queue <- line
			}
			if err != nil {
				return
			}
		}
	}()
	var background sync.WaitGroup
	defer background.Wait()
	for line := range queue {
		name, argument, _ := strings.Cut(line, " ")
		switch {
		case name == "exit":
			os.Exit(exitCode(out))
		case name == "wait":
			background.Wait()
		case argument == "&" && name != "send":
			background.Add(1)
			go func() {
				defer background.Done()
				obey(name, "", s, out)
			}()
		default:
			obey(name, argument, s, out)
		}
	}
}

// obey carries out one command.
func obey(name, argument string, s *stream, out *printer) {
	switch {
	case name == "send" && s.send != nil:
		if err := s.send(argument); err != nil {
			out.fail("send", err, nil)
		}
	case name == "recv" && s.recv != nil:
		receive(s, out)
	case name == "drain" && s.recv != nil:
		for receive(s, out) {
		}
	case name == "close" && s.closeAndRecv != nil:
		value, err := s.closeAndRecv()
		switch {
		case errors.Is(err, io.EOF):
			out.print("eof", event{})
		case err != nil:
			out.fail("close", err, nil)
		default:
			out.print("message", event{"value": toWire(value)})
			out.print("closed", event{})
		}
	case name == "close" && s.close != nil:
		if err := s.close(); err != nil {
			out.fail("close", err, nil)
			return
		}
		out.print("closed", event{})
	case name == "idle":
		if milliseconds, err := strconv.Atoi(argument); err == nil {
			time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		}
		out.print("idle", event{})
	default:
		out.fail("command", badCommand{fmt.Errorf("this stream has no command %q", name)}, nil)
	}
}

// receive prints one message, or the end, and says whether there may be more.
func receive(s *stream, out *printer) bool {
	value, err := s.recv()
	switch {
	case errors.Is(err, io.EOF):
		out.print("eof", event{})
	case err != nil:
		out.fail("recv", err, nil)
	default:
		out.print("message", event{"value": toWire(value)})
	}
	return err == nil
}

func exitCode(out *printer) int {
	out.mutex.Lock()
	defer out.mutex.Unlock()
	if out.failed {
		return 1
	}
	return 0
}
