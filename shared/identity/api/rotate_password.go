package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/platform/web"
)

type rotatePassword struct {
	AccountPath
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"256" doc:"The new password; the one before stays good for 24 hours"`
	}
}

// RotatePassword gives an account a new password. Notifications signed with the one before are still believed for 24 hours.
func (a *API) RotatePassword() web.Endpoint {
	op := operation("rotate-password", http.MethodPost, "/account/{id}/password", WriteAccounts, "Give an account a new password",
		"account_not_found", "rotation_in_progress", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *rotatePassword) (*one[Account], error) {
		acc, err := a.Store.Rotate(ctx, in.ID, in.Body.Password)
		if err != nil {
			return nil, err
		}
		return &one[Account]{a.showAccount(acc)}, nil
	})
}
