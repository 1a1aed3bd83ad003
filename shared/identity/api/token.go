package api

import (
	"time"

	"giberno.ru/shared/identity"
)

// Token is what an operator sees of a token.
type Token struct {
	ID        string     `json:"id" doc:"Public name of the token; it stands in logs"`
	Mode      string     `json:"mode,omitempty" enum:"test,live" doc:"Of a partner's token"`
	Name      string     `json:"name" doc:"What it is for"`
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	LastUsed  string     `json:"last_used,omitempty" format:"date" doc:"Day of the last use, UTC"`
}

// IssuedToken is a token with its secret.
type IssuedToken struct {
	Token
	Secret string `json:"secret" doc:"Shown once; we keep only its hash"`
}

// TokenWish is what a new token is asked for.
type TokenWish struct {
	Name   string   `json:"name" minLength:"1" maxLength:"64" doc:"What the token is for"`
	Scopes []string `json:"scopes,omitempty" maxItems:"20" doc:"What it is good for; none: everything"`
}

func showToken(t identity.Token) Token {
	out := Token{ID: t.ID, Name: t.Name, Scopes: t.Scopes, CreatedAt: t.CreatedAt}
	if m := t.Kind.Mode(); m != "" {
		out.Mode = wordOf(m)
	}
	if !t.RevokedAt.IsZero() {
		out.RevokedAt = &t.RevokedAt
	}
	if !t.LastUsed.IsZero() {
		out.LastUsed = t.LastUsed.Format(time.DateOnly)
	}
	return out
}
