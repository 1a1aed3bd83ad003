package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/web"
)

// OperatorPath names an operator.
type OperatorPath struct {
	ID ids.ID `path:"id" doc:"The operator"`
}

type issueOperatorToken struct {
	web.Idempotent
	OperatorPath
	Body TokenWish
}

// IssueOperatorToken makes a token for an operator and shows its secret, once. Nobody can give away more than he may do
// himself.
func (a *API) IssueOperatorToken() web.Endpoint {
	op := operation("issue-operator-token", http.MethodPost, "/operator/{id}/tokens", WriteOperators, "Issue a token to an operator",
		"operator_not_found", "idempotency_mismatch", "secret_already_shown")
	return web.Handle(op, func(ctx context.Context, in *issueOperatorToken) (*one[IssuedToken], error) {
		scopes, err := scopesOf(in.Body.Scopes)
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			if !web.CallerOf(ctx).May(s) {
				return nil, web.ErrForbiddenScope
			}
		}
		return a.issue(ctx, op.Name, in.Key(), in.Body, store.Issue{
			Kind: identity.OperatorToken, Holder: in.ID, Name: in.Body.Name, Scopes: scopes,
		})
	})
}
