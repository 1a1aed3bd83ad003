package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/web"
)

type issuePartnerToken struct {
	web.Idempotent
	PartnerPath
	Body struct {
		Mode string `json:"mode" enum:"test,live"`
		TokenWish
	}
}

// IssuePartnerToken makes a token for a partner and shows its secret, once. A repeated Idempotency-Key makes no second token
// and shows no secret: it is refused, because the secret is not kept.
func (a *API) IssuePartnerToken() web.Endpoint {
	op := operation("issue-partner-token", http.MethodPost, "/partner/{id}/tokens", WriteTokens, "Issue a token to a partner",
		"partner_not_found", "livemode_not_enabled", "idempotency_mismatch", "secret_already_shown")
	return web.Handle(op, func(ctx context.Context, in *issuePartnerToken) (*one[IssuedToken], error) {
		scopes, err := scopesOf(in.Body.Scopes)
		if err != nil {
			return nil, err
		}
		return a.issue(ctx, op.Name, in.Key(), in.Body, store.Issue{
			Kind: identity.PartnerToken(modeOf(in.Body.Mode)), Holder: in.ID, Name: in.Body.Name, Scopes: scopes,
		})
	})
}

func (a *API) issue(ctx context.Context, operation, key string, body any, i store.Issue) (*one[IssuedToken], error) {
	var name ids.ID
	if key != "" {
		name = nameOf(ctx, operation, i.Holder, key)
	}
	t, secret, err := a.Store.IssueToken(ctx, i, name, once(key, body, nil))
	if err != nil {
		return nil, err
	}
	return &one[IssuedToken]{IssuedToken{Token: showToken(t), Secret: secret}}, nil
}
