package main

import (
	"context"
	"errors"
	"io"
	"log"
	"sync"
	"time"

	"goa.design/goa/v3/security"

	"mandovi.test/goa/gen/chatter"
	"mandovi.test/goa/internal/jwt"
)

// chat implements the service "chatter": one list of everything that was said.
type chat struct {
	mutex sync.Mutex
	said  []*chatter.ChatSummary
	// more is closed, and forgotten, when the list grows; nil while nobody waits.
	more chan struct{}
}

// add remembers a message and wakes the subscribers.
func (c *chat) add(message string) *chatter.ChatSummary {
	length := len(message)
	summary := &chatter.ChatSummary{Message: message, Length: &length, SentAt: time.Now().Format(time.RFC3339)}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.said = append(c.said, summary)
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
	return summary
}

// since gives the messages from an index on, and a channel that is closed when
// there are more.
func (c *chat) since(index int) ([]*chatter.ChatSummary, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.more == nil {
		c.more = make(chan struct{})
	}
	return c.said[index:len(c.said):len(c.said)], c.more
}

func (c *chat) BasicAuth(ctx context.Context, user, password string, _ *security.BasicScheme) (context.Context, error) {
	if user != "goa" || password != "rocks" {
		return ctx, chatter.Unauthorized("invalid username and password combination")
	}
	return ctx, nil
}

func (c *chat) JWTAuth(ctx context.Context, token string, scheme *security.JWTScheme) (context.Context, error) {
	claims, err := jwt.Verify(jwt.Key, token)
	if err != nil {
		return ctx, chatter.Unauthorized("invalid token")
	}
	list, ok := claims["scopes"].([]any)
	if !ok {
		return ctx, chatter.InvalidScopes("invalid scopes in token")
	}
	var scopes []string
	for _, scope := range list {
		if text, ok := scope.(string); ok {
			scopes = append(scopes, text)
		}
	}
	if err := scheme.Validate(scopes); err != nil {
		return ctx, chatter.InvalidScopes(err.Error())
	}
	return ctx, nil
}

func (c *chat) Login(context.Context, *chatter.LoginPayload) (token string, err error) {
	defer ended("chatter.login", &err)
	return jwt.Sign(jwt.Key, map[string]any{
		"nbf":    time.Date(2015, 10, 10, 12, 0, 0, 0, time.UTC).Unix(),
		"iat":    time.Now().Unix(),
		"scopes": []string{"stream:read", "stream:write"},
	})
}

func (c *chat) Echoer(_ context.Context, _ *chatter.EchoerPayload, stream chatter.EchoerServerStream) (err error) {
	defer ended("chatter.echoer", &err)
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			closeQuietly("chatter.echoer", stream)
			return nil
		}
		if err != nil {
			return err
		}
		c.add(message)
		if err := stream.Send(message); err != nil {
			return err
		}
	}
}

func (c *chat) Listener(_ context.Context, _ *chatter.ListenerPayload, stream chatter.ListenerServerStream) (err error) {
	defer ended("chatter.listener", &err)
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			closeQuietly("chatter.listener", stream)
			return nil
		}
		if err != nil {
			return err
		}
		c.add(message)
	}
}

func (c *chat) Summary(_ context.Context, _ *chatter.SummaryPayload, stream chatter.SummaryServerStream) (err error) {
	defer ended("chatter.summary", &err)
	mine := chatter.ChatSummaryCollection{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(mine)
		}
		if err != nil {
			return err
		}
		mine = append(mine, c.add(message))
	}
}

func (c *chat) Subscribe(ctx context.Context, _ *chatter.SubscribePayload, stream chatter.SubscribeServerStream) (err error) {
	defer ended("chatter.subscribe", &err)
	c.mutex.Lock()
	index := len(c.said)
	c.mutex.Unlock()
	log.Printf("began chatter.subscribe")
	for {
		messages, more := c.since(index)
		for _, message := range messages {
			index++
			event := &chatter.Event{Message: message.Message, Action: "added", AddedAt: message.SentAt}
			if err := stream.Send(event); err != nil {
				return err
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			closeQuietly("chatter.subscribe", stream)
			return nil
		}
	}
}

func (c *chat) History(_ context.Context, payload *chatter.HistoryPayload, stream chatter.HistoryServerStream) (err error) {
	defer ended("chatter.history", &err)
	stream.SetView("default")
	if payload.View != nil {
		stream.SetView(*payload.View)
	}
	messages, _ := c.since(0)
	for _, message := range messages {
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	closeQuietly("chatter.history", stream)
	return nil
}

// closeQuietly ends a stream whose work is done. A Goa client has closed TCP by
// then, so that a broken pipe here is the ordinary case and not a failure.
func closeQuietly(method string, stream interface{ Close() error }) {
	if err := stream.Close(); err != nil {
		log.Printf("closing %s: %v", method, err)
	}
}
