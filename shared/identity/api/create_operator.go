package api

import (
	"context"
	"net/http"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

// Operator is what operators see of each other.
type Operator struct {
	ID        ids.ID    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

type createOperator struct {
	web.Idempotent
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"128"`
	}
}

func showOperator(o identity.Operator) Operator { return Operator(o) }

// CreateOperator adds an operator, who may do nothing until he has a token.
func (a *API) CreateOperator() web.Endpoint {
	op := operation("create-operator", http.MethodPost, "/operator", WriteOperators, "Add an operator", "idempotency_mismatch")
	return web.Handle(op, func(ctx context.Context, in *createOperator) (*web.Reply[web.Rendered[Operator]], error) {
		id, err := a.newID(ctx, op.Name, ids.ID{}, in.Key())
		if err != nil {
			return nil, err
		}
		o := identity.Operator{ID: id, Name: in.Body.Name, CreatedAt: a.Clock.Now().UTC().Truncate(time.Millisecond)}
		if err := o.Check(); err != nil {
			return nil, err
		}
		answer, err := web.Render(showOperator(o))
		if err != nil {
			return nil, err
		}
		replay, err := a.Store.CreateOperator(ctx, o, once(in.Key(), in.Body, answer))
		if err != nil {
			return nil, err
		}
		return created[Operator](answer, replay), nil
	})
}
