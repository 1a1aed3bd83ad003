package atol

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v4", "v5"} {
		t.Run("Done:"+version, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := w.register(version, "sell", sale(version, "a-1"))
			require.Equal(t, "wait", w.report(version, id)["status"])
			w.advance(3 * time.Second)
			out := w.report(version, id)
			require.Equal(t, "done", out["status"])
			require.Equal(t, "a-1", out["external_id"])
			payload := out["payload"].(map[string]any)
			require.Equal(t, json.Number("8000.00"), payload["total"])
			require.Equal(t, "01.03.2026 12:00:03", payload["receipt_datetime"])
			require.Equal(t, json.Number("3"), payload["fiscal_document_number"], "after the registration and the opening of the shift")
			require.Len(t, payload["fn_number"], 16)
		})
		t.Run("Correction:"+version, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := w.register(version, "sell_correction", mend(version, "c-1"))
			w.advance(3 * time.Second)
			require.Equal(t, "done", w.report(version, id)["status"])
		})
		t.Run("TheSameExternalID:"+version, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := w.register(version, "sell", sale(version, "a-1"))
			other := answer{"external_id": "a-1", "nothing": "else holds"}
			status, out := w.send(http.MethodPost, "/possystem/"+version+"/"+testGroup+"/sell", w.token(testLogin, testPassword), other)
			require.Equal(t, http.StatusBadRequest, status)
			require.EqualValues(t, 33, code(out))
			require.Equal(t, id, out["uuid"])
			require.Len(t, w.service.Receipts(10), 1)
		})
	}
	t.Run("CorrectionOfAReturnIsOfV5", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.register("v5", "sell_refund_correction", mend("v5", "c-2"))
		status, out := w.send(http.MethodPost, "/possystem/v4/"+testGroup+"/sell_refund_correction", w.token(testLogin, testPassword), mend("v4", "c-3"))
		require.Equal(t, http.StatusBadRequest, status)
		require.EqualValues(t, 31, code(out))
	})
	t.Run("ErrOthersReceipt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.register("v4", "sell", sale("v4", "a-1"))
		_, out := w.send(http.MethodGet, "/possystem/v4/four/report/"+id, w.token("four", "4"), nil)
		require.EqualValues(t, 30, code(out))
		_, out = w.send(http.MethodGet, "/possystem/v4/"+testGroup+"/report/"+strings.Repeat("0", 36), w.token(testLogin, testPassword), nil)
		require.EqualValues(t, 30, code(out))
	})
	t.Run("ShyTellsNothingBeforeTheEnd", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token("shy", "s")
		_, out := w.send(http.MethodPost, "/possystem/v5/shy/sell", token, sale("v5", "a-1"))
		path := "/possystem/v5/shy/report/" + out["uuid"].(string)
		status, out := w.send(http.MethodGet, path, token, nil)
		require.Equal(t, http.StatusOK, status)
		require.EqualValues(t, 34, code(out))
		require.Equal(t, "wait", out["status"])
		w.advance(time.Minute)
		_, out = w.send(http.MethodGet, path, token, nil)
		require.Equal(t, "done", out["status"])
	})
}

// within gives the first item, the company or another part of a document.
func within(doc answer, path string) answer {
	at := doc
	for _, name := range strings.Fields(path) {
		switch next := at[name].(type) {
		case answer:
			at = next
		case []answer:
			at = next[0]
		}
	}
	return at
}

func TestRules(t *testing.T) {
	t.Parallel()
	type spoilt struct {
		version, within, name string
		value                 any // nil: the member is missing
		says                  string
	}
	both := func(within, name string, value any, says string) []spoilt {
		return []spoilt{{"v4", within, name, value, says}, {"v5", within, name, value, says}}
	}
	var cases []spoilt
	for _, list := range [][]spoilt{
		both("", "external_id", nil, "PropertyRequired: #/external_id"),
		both("", "external_id", strings.Repeat("я", 129), "StringTooLong: #/external_id"),
		both("", "timestamp", "2026-03-01", "DateTimeExpected: #/timestamp"),
		both("", "receipt", nil, "PropertyRequired: #/receipt"),
		both("", "recipt", answer{}, "NoAdditionalPropertiesAllowed: #/recipt"),
		both("service", "callback_url", "shop", "UriExpected: #/service.callback_url"),
		both("receipt", "client", nil, "PropertyRequired: #/receipt.client"),
		both("receipt client", "email", nil, "PropertyRequired: #/receipt.client.email"),
		both("receipt company", "inn", "123", "PatternMismatch: #/receipt.company.inn"),
		both("receipt company", "sno", "usn", "NotInEnumeration: #/receipt.company.sno"),
		both("receipt company", "payment_address", nil, "PropertyRequired: #/receipt.company.payment_address"),
		both("receipt", "items", []answer{}, "TooFewItems: #/receipt.items"),
		both("receipt", "items", "none", "ArrayExpected: #/receipt.items"),
		both("receipt", "total", json.Number("7999.99"), "TotalMismatch: #/receipt.total"),
		both("receipt payments", "sum", json.Number("7999.99"), "TotalMismatch: #/receipt.total"),
		both("receipt payments", "type", 10, "NotInEnumeration: #/receipt.payments[0].type"),
		both("receipt items", "sum", json.Number("8000.02"), "SumMismatch: #/receipt.items[0].sum"),
		both("receipt items", "sum", json.Number("8000.001"), "NumberNotMultipleOf: #/receipt.items[0].sum"),
		both("receipt items", "price", json.Number("42949672.96"), "NumberTooBig: #/receipt.items[0].price"),
		both("receipt items", "price", "4000", "NumberExpected: #/receipt.items[0].price"),
		both("receipt items", "price", json.Number("-1"), "NumberNotMultipleOf: #/receipt.items[0].price"),
		both("receipt items", "price", json.Number("4e3"), "NumberNotMultipleOf: #/receipt.items[0].price"),
		both("receipt items", "quantity", 0, "NumberNotMultipleOf: #/receipt.items[0].quantity"),
		both("receipt items", "name", strings.Repeat("я", 129), "StringTooLong: #/receipt.items[0].name"),
		both("receipt items", "payment_method", "later", "NotInEnumeration: #/receipt.items[0].payment_method"),
		both("receipt items vat", "type", "vat18", "NotInEnumeration: #/receipt.items[0].vat.type"),
		both("receipt items vat", "type", "vat20", "NotInEnumeration: #/receipt.items[0].vat.type"),
		both("receipt items", "agent_info", answer{"type": "friend"}, "NotInEnumeration: #/receipt.items[0].agent_info.type"),
		{{"v5", "receipt items", "agent_info", answer{"type": "paying_agent"}, "PropertyRequired: #/receipt.items[0].supplier_info"}},
		{{"v5", "receipt items", "payment_method", nil, "PropertyRequired: #/receipt.items[0].payment_method"}},
		{{"v5", "receipt items", "payment_object", "commodity", "IntegerExpected: #/receipt.items[0].payment_object"}},
		{{"v5", "receipt items", "measure", 1, "NotInEnumeration: #/receipt.items[0].measure"}},
		{{"v5", "receipt items", "measurement_unit", "шт", "NoAdditionalPropertiesAllowed: #/receipt.items[0].measurement_unit"}},
		{{"v4", "receipt items", "measure", 0, "NoAdditionalPropertiesAllowed: #/receipt.items[0].measure"}},
		{{"v4", "receipt items", "payment_object", "thing", "NotInEnumeration: #/receipt.items[0].payment_object"}},
	} {
		cases = append(cases, list...)
	}
	for _, c := range cases {
		t.Run("Err:"+c.version+" "+c.says, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			doc := sale(c.version, "a-1")
			if part := within(doc, c.within); c.value == nil {
				delete(part, c.name)
			} else {
				part[c.name] = c.value
			}
			status, out := w.send(http.MethodPost, "/possystem/"+c.version+"/"+testGroup+"/sell", w.token(testLogin, testPassword), doc)
			require.Equal(t, http.StatusBadRequest, status)
			require.EqualValues(t, 32, code(out), out)
			require.Equal(t, "fail", out["status"])
			require.Contains(t, text(out), c.says)
			require.Empty(t, w.service.Receipts(10), "nothing was taken, so the external_id is still free")
		})
	}
}

func TestRulesOfCorrections(t *testing.T) {
	t.Parallel()
	for says, spoil := range map[string]func(answer){
		"PropertyRequired: #/correction.vats":                        func(c answer) { delete(c, "vats") },
		"PropertyRequired: #/correction.correction_info":             func(c answer) { delete(c, "correction_info") },
		"PropertyRequired: #/correction.correction_info.base_number": func(c answer) { delete(c["correction_info"].(answer), "base_number") },
		"DateExpected: #/correction.correction_info.base_date":       func(c answer) { c["correction_info"].(answer)["base_date"] = "02.03.2026" },
		"NotInEnumeration: #/correction.correction_info.type":        func(c answer) { c["correction_info"].(answer)["type"] = "whim" },
		"NoAdditionalPropertiesAllowed: #/correction.items":          func(c answer) { c["items"] = []answer{} },
	} {
		t.Run("Err:"+says, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			doc := mend("v4", "c-1")
			spoil(doc["correction"].(answer))
			_, out := w.send(http.MethodPost, "/possystem/v4/"+testGroup+"/sell_correction", w.token(testLogin, testPassword), doc)
			require.EqualValues(t, 32, code(out))
			require.Contains(t, text(out), says)
		})
	}
	t.Run("ADayOf2025HasItsRates", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		doc := mend("v5", "c-2025")
		within(doc, "correction items vat")["type"] = "vat20"
		within(doc, "correction correction_info")["base_date"] = "31.12.2025"
		w.register("v5", "sell_correction", doc)
	})
	t.Run("ASaleOfTheOldYearHasItsRates", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		doc := sale("v5", "s-2025")
		doc["timestamp"] = "31.12.2025 23:59:59"
		within(doc, "receipt items vat")["type"] = "vat20"
		w.register("v5", "sell", doc)
	})
	t.Run("AReturnHasTheRateOfItsSale", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		doc := sale("v4", "r-2025")
		within(doc, "receipt items vat")["type"] = "vat20"
		w.register("v4", "sell_refund", doc)
	})
}

func TestTillFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault Fault
		code  int64
		kind  string
	}{
		"Driver":    {Fault{Call: "till", Fault: FaultDriver}, 2, "driver"},
		"DriverOwn": {Fault{Call: "till", Fault: FaultDriver, Code: 34}, 34, "driver"},
		"Timeout":   {Fault{Call: "till", Fault: FaultTimeout}, 1, "timeout"},
		"Agent":     {Fault{Call: "till", Fault: FaultAgent}, 2004, "agent"},
		"Unknown":   {Fault{Call: "till", Fault: FaultUnknown}, 0, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			require.NoError(t, w.service.SetFault(c.fault))
			id := w.register("v5", "sell", sale("v5", "a-1"))
			w.advance(3 * time.Second)
			out := w.report("v5", id)
			require.Equal(t, "fail", out["status"])
			require.Equal(t, c.code, code(out))
			require.Equal(t, c.kind, out["error"].(map[string]any)["type"])
			require.Nil(t, out["payload"])
			w.advance(time.Hour)
			require.Equal(t, "fail", w.report("v5", id)["status"], "a failure is final")
		})
	}
	t.Run("AnotherCompanysINN", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		doc := sale("v4", "a-1")
		within(doc, "receipt company")["inn"] = "7700000000"
		id := w.register("v4", "sell", doc)
		w.advance(3 * time.Second)
		require.EqualValues(t, 2009, code(w.report("v4", id)))
	})
	t.Run("AWrongTax", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for sum, want := range map[json.Number]int64{"1442.62": 0, "1442.63": 0, "1440.00": 128} {
			doc := sale("v4", "tax-"+string(sum))
			doc["receipt"].(answer)["items"].([]answer)[0]["vat"] = answer{"type": "vat22", "sum": sum}
			id := w.register("v4", "sell", doc)
			w.advance(3 * time.Second)
			require.Equal(t, want, code(w.report("v4", id)), sum)
		}
	})
	t.Run("Stuck", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: "till", Fault: FaultStuck}))
		id := w.register("v5", "sell", sale("v5", "a-1"))
		w.advance(30 * time.Minute)
		require.Equal(t, "wait", w.report("v5", id)["status"])
		w.advance(time.Hour)
		require.Equal(t, "done", w.report("v5", id)["status"])
	})
}

func TestShifts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	print := func(external string) Fiscal {
		w.register("v5", "sell", sale("v5", external))
		w.advance(3 * time.Second)
		r, err := w.service.Receipt(external)
		require.NoError(t, err)
		return *r.Fiscal
	}
	first, second := print("a-1"), print("a-2")
	w.advance(24 * time.Hour)
	third := print("a-3")
	numbers := func(f Fiscal) string { return fmt.Sprint(f.Document, f.Shift, f.Number) }
	require.Equal(t, "3 1 1", numbers(first))
	require.Equal(t, "4 1 2", numbers(second))
	require.Equal(t, "7 2 1", numbers(third), "one document closed the shift, one opened the next")
	require.Equal(t, first.FN, third.FN)
}

// TestOneReceiptForOneName: whoever registers what, however often and at once, one external_id has one fiscal document at most.
func TestOneReceiptForOneName(t *testing.T) {
	t.Parallel()
	t.Run("AtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token(testLogin, testPassword)
		ids := make([]string, 32)
		var calls sync.WaitGroup
		for i := range ids {
			calls.Go(func() {
				_, out := w.send(http.MethodPost, "/possystem/v5/"+testGroup+"/sell", token, sale("v5", "one"))
				ids[i], _ = out["uuid"].(string)
			})
		}
		calls.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		w.advance(time.Minute)
		require.Len(t, w.service.Receipts(10), 1)
		require.EqualValues(t, 3, w.service.Receipts(1)[0].Fiscal.Document)
	})
	t.Run("InAnyOrder", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(r *rapid.T) {
			w := setup(t)
			token := w.token(testLogin, testPassword)
			told := map[string]string{}
			for range rapid.IntRange(1, 30).Draw(r, "steps") {
				switch external := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "external"); rapid.IntRange(0, 4).Draw(r, "step") {
				case 0, 1:
					version := rapid.SampledFrom([]string{"v4", "v5"}).Draw(r, "version")
					operation := rapid.SampledFrom([]string{"sell", "sell_refund"}).Draw(r, "operation")
					_, out := w.send(http.MethodPost, "/possystem/"+version+"/"+testGroup+"/"+operation, token, sale(version, external))
					id := out["uuid"].(string)
					if was := told[external]; was != "" && was != id {
						r.Fatalf("%s is %s and %s", external, was, id)
					}
					told[external] = id
				case 2:
					w.advance(time.Duration(rapid.IntRange(1, 5).Draw(r, "seconds")) * time.Second)
				case 3:
					kind := rapid.SampledFrom(faultsOf[onTill]).Draw(r, "fault")
					require.NoError(t, w.service.SetFault(Fault{Call: onTill, Fault: kind}))
				case 4:
					kind := rapid.SampledFrom(faultsOf[onNotice]).Draw(r, "fault")
					require.NoError(t, w.service.SetFault(Fault{Call: onNotice, Fault: kind}))
				}
				holds(r, w.service)
			}
		})
	})
}

// holds checks what is true of all receipts at every moment.
func holds(t *rapid.T, s *Service) {
	documents, externals := map[int64]string{}, map[string]bool{}
	for _, r := range s.Receipts(1000) {
		if externals[r.ExternalID] {
			t.Fatalf("%s is registered twice", r.ExternalID)
		}
		externals[r.ExternalID] = true
		if (r.Status == Done) != (r.Fiscal != nil) || (r.Status == Fail) != (r.Failure != nil) {
			t.Fatalf("%s is %s with %v and %v", r.UUID, r.Status, r.Fiscal, r.Failure)
		}
		if r.Fiscal == nil {
			continue
		}
		if other := documents[r.Fiscal.Document]; other != "" {
			t.Fatalf("document %d is %s and %s", r.Fiscal.Document, other, r.UUID)
		}
		documents[r.Fiscal.Document] = r.UUID
	}
}
