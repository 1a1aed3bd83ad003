package api_test

import (
	"fmt"
	"strings"
	"testing"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

func upper(id ids.ID) string { return strings.ToUpper(id.String()) }

// notFound asserts of a call on one object that whatever is not the caller's own does not exist, and that asking for it
// writes nothing. path has a place for the object's id.
func notFound(t *testing.T, method, path, code string, family ids.Family) {
	t.Helper()
	ask := func(w *world, id ids.ID, token string) answer {
		return w.do(call{method: method, path: fmt.Sprintf(path, id), token: token, key: "k"})
	}
	object := func(t *testing.T, w *world) ids.ID {
		if family == ids.Refund {
			_, p := w.paid(t)
			return w.refund(t, p, "").UUID
		}
		p := w.held(t)
		if family == ids.Payment {
			return p.UUID
		}
		return p.OrderUUID
	}
	refuses := func(name, token string, change func(ids.ID) ids.ID) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := change(object(t, w))
			w.changesNothing(t, func() { refused(t, ask(w, id, token), 404, code) })
		})
	}
	same := func(id ids.ID) ids.ID { return id }
	refuses("ErrOfAnotherPartner", rival, same)
	refuses("ErrOfTheOtherMode", shopLive, same)
	refuses("ErrUnknown", shop, func(id ids.ID) ids.ID { id[0] ^= 1; return id })
	if family != ids.Root {
		refuses("ErrAnotherNumber", shop, func(id ids.ID) ids.ID { return id.Root().Child(family, 2) })
	}
	t.Run("ErrTestTokenOnALiveOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := read[api.Order](t, w.do(post("/api/v1/order", orderBody("")).by(shopLive)), 201).UUID
		if family == ids.Payment {
			id = read[api.Payment](t, w.do(post("/api/v1/payment", paymentBody(id, "card")).by(shopLive)), 201).UUID
		}
		if family == ids.Refund {
			id = w.liveRefund(t)
		}
		w.changesNothing(t, func() { refused(t, ask(w, id, shop), 404, code) })
	})
	for name, other := range map[string]ids.Family{"Order": ids.Root, "Payment": ids.Payment, "Refund": ids.Refund, "Receipt": ids.PaymentReceipt} {
		if other == family {
			continue
		}
		refuses("ErrIDOfA"+name, shop, func(id ids.ID) ids.ID {
			if other == ids.Root {
				return id.Root()
			}
			return id.Child(other, 1)
		})
	}
	t.Run("ErrNotAnID", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, id := range []string{"1", "0f8fad5b-d9cb-469f-a165-70867728950e", "00000000-0000-0000-0000-000000000000"} {
			a := w.do(call{method: method, path: fmt.Sprintf(path, id), key: "k"})
			p := refused(t, a, 422, "validation_failed")
			if p.Errors[0].Location != "path.uuid" {
				t.Fatalf("%+v", p.Errors)
			}
		}
	})
}
