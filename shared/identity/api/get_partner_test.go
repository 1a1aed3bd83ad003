package api_test

import "testing"

func TestGetPartner(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.call("GET", "/partner/"+nobody, "").refused(404, "partner_not_found")
	w.call("GET", "/partner/x", "").refused(422, "validation_failed")
}
