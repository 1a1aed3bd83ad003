// Package onaws puts the payment module and the operators' calls together for Lambda: the mains under functions serve what
// it hands out. It knows the doors of JSON alone; webhooks, workers and pages have packages of their own, so that
// nobody carries what he does not use.
package onaws

import (
	"context"
	"time"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/identity"
	identityapi "giberno.ru/shared/identity/api"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/web"
)

// House is everything that a function of the module may need, put together and not yet opened.
type House struct {
	surroundings.Surroundings
	Identity *identitystore.Store
	Module   *wire.Module
}

// Build puts the house together.
func Build(s surroundings.Surroundings) *House {
	parts, keeper, identity := s.Parts()
	module := wire.New(parts)
	module.Service.Cursors = page.Signer{Source: cursorKey(keeper)}
	return &House{Surroundings: s, Identity: identity, Module: module}
}

// cursorWait bounds the one round trip for the cursors' key; a list has no context of its own to bound it.
const cursorWait = 5 * time.Second

// cursorKey unwraps the cursors' key when the first list is opened. The keeper remembers it.
func cursorKey(keeper *secret.Keeper) func() ([]byte, error) {
	return func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), cursorWait)
		defer cancel()
		return keeper.Derive(ctx, "cursor")
	}
}

// Door is how the endpoints of the house are served.
func (h *House) Door() web.Options {
	return web.Options{Auth: h.Identity, Clock: h.Clock, Random: h.Random, Log: h.Log, Title: Title, Version: Version}
}

// Title and Version stand in the OpenAPI documents.
const (
	Title   = "Giberno"
	Version = "1"
)

// PaymentsAPI is the calls of partners, banks and operators on payments, with their door.
type PaymentsAPI struct {
	*api.Service
	*House
}

// Payments makes them for a Lambda.
func Payments() PaymentsAPI { return PaymentsOf(Build(surroundings.OfLambda(surroundings.NoQueue{}))) }

// PaymentsOf makes them for a house.
func PaymentsOf(h *House) PaymentsAPI { return PaymentsAPI{h.Module.Service, h} }

// AdminAPI is the operators' calls on partners, tokens and accounts, with their door.
type AdminAPI struct {
	*identityapi.API
	*House
}

// Admin makes them for a Lambda.
func Admin() AdminAPI { return AdminOf(Build(surroundings.OfLambda(surroundings.NoQueue{}))) }

// AdminOf makes them for a house.
func AdminOf(h *House) AdminAPI {
	return AdminAPI{identityapi.New(identityapi.Config{
		Store: h.Identity, Clock: h.Clock, Random: h.Random, Signer: h.Module.Service.Cursors,
		Providers: append(h.Module.Parts.Banks.Providers(), identity.TillProvider), Checklist: wire.Checklist{Store: h.Module.Store, Heard: h.Module.Events.Delivered},
	}), h}
}
