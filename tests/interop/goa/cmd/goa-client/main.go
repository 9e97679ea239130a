// Command goa-client makes one call of the design with the clients that Goa
// generates, and obeys a script.
//
//	goa-client -url http://127.0.0.1:PORT [-handshake 10m] SERVICE.METHOD [key=value...]
//	goa-client -url http://127.0.0.1:PORT shapes
//	goa-client token [scopes=stream:read,stream:write] [key=secret] [KEY=JSON...]
//
// Commands come on standard input, one per line; events leave on standard output,
// one JSON object per line. README.md in the folder of the module lists both. The exit
// code is 0 when no event was an error, 1 when one was, 2 for wrong arguments.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"mandovi.test/goa/internal/jwt"
)

func main() {
	address := flag.String("url", "http://127.0.0.1:8080", "where the server is")
	handshake := flag.Duration("handshake", 10*time.Minute, "how long a handshake may take; Goa's own default is 45s")
	flag.Parse()
	if flag.NArg() == 0 {
		usage(fmt.Errorf("no method"))
	}
	p, err := parseParams(flag.Args()[1:])
	if err != nil {
		usage(err)
	}
	if flag.Arg(0) == "token" {
		token(p)
		return
	}
	base, err := url.Parse(*address)
	if err != nil {
		usage(err)
	}
	t := newTransport(*handshake, p.header)
	if flag.Arg(0) == "shapes" {
		out := &printer{}
		runShapes(context.Background(), shapesClient(base, t), out)
		os.Exit(exitCode(out))
	}
	make, err := prepare(flag.Arg(0), base, t, p)
	if err != nil {
		usage(err)
	}

	out := &printer{}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := open(ctx, make)
	switch {
	case err != nil:
		out.fail("open", err, &t.seen)
	case s.answer != nil:
		out.print("message", event{"value": toWire(s.answer), "status": t.seen.status})
	default:
		opened := event{"status": t.seen.status}
		if t.seen.view != nil {
			opened["view"] = *t.seen.view
		}
		out.print("open", opened)
		run(os.Stdin, s, cancel, out)
	}
	os.Exit(exitCode(out))
}

// token prints a token that this client signs itself, for the tests of scopes and of
// signatures. "scopes=" alone leaves the claim out.
func token(p *params) {
	claims := map[string]any{"nbf": 1444478400, "iat": time.Now().Unix()}
	key := jwt.Key
	scopes := "stream:read,stream:write"
	for name, values := range p.values {
		switch name {
		case "key":
			key = values[0]
		case "scopes":
			scopes = values[0]
		default:
			var value any
			if err := json.Unmarshal([]byte(values[0]), &value); err != nil {
				usage(fmt.Errorf("claim %q: %w", name, err))
			}
			claims[name] = value
		}
	}
	if scopes != "" {
		claims["scopes"] = strings.Split(scopes, ",")
	}
	text, err := jwt.Sign(key, claims)
	if err != nil {
		usage(err)
	}
	fmt.Println(text)
}

func usage(err error) {
	fmt.Fprintln(os.Stderr, "goa-client:", err)
	fmt.Fprintln(os.Stderr, "usage: goa-client [-url URL] [-handshake DURATION] SERVICE.METHOD [key=value...]")
	os.Exit(2)
}
