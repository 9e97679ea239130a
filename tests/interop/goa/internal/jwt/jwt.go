// Package jwt signs and checks the tokens of the tests: HS256 and nothing else.
package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Key is the key that every peer of the tests knows.
const Key = "secret"

// ErrInvalid says that a token is not one of ours, or not of this time.
var ErrInvalid = errors.New("invalid token")

var encoding = base64.RawURLEncoding

// Sign makes a token of the claims.
func Sign(key string, claims map[string]any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := encoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encoding.EncodeToString(body)
	return signed + "." + encoding.EncodeToString(sum(key, signed)), nil
}

// Verify gives the claims of a token that is signed with the key, has begun and
// has not ended.
func Verify(key, token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, ErrInvalid
	}
	var header struct {
		Alg string `json:"alg"`
	}
	if err := decode(parts[0], &header); err != nil || header.Alg != "HS256" {
		return nil, ErrInvalid
	}
	signature, err := encoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, sum(key, parts[0]+"."+parts[1])) {
		return nil, ErrInvalid
	}
	var claims map[string]any
	if err := decode(parts[1], &claims); err != nil {
		return nil, ErrInvalid
	}
	now := float64(time.Now().Unix())
	if begin, ok := claims["nbf"].(float64); ok && now < begin {
		return nil, ErrInvalid
	}
	if end, ok := claims["exp"].(float64); ok && now >= end {
		return nil, ErrInvalid
	}
	return claims, nil
}

func sum(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func decode(part string, into any) error {
	data, err := encoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
