package samples

import (
	"fmt"

	"giberno.ru/infra/checks/process/world"
	identitystore "giberno.ru/shared/identity/store"
)

// callsOf is the request of every endpoint, by the folder of its function.
func callsOf(w *world.World) map[string]call {
	calls := map[string]call{}
	for folder, c := range ofPayments(w) {
		c.token = w.PartnerToken
		calls["payments/"+folder] = c
	}
	for folder, c := range ofOperators(w) {
		c.token = w.OperatorToken
		calls["admin/"+folder] = c
	}
	for folder, c := range ofLedger(w) {
		c.token = w.OperatorToken
		calls["admin/"+folder] = c
	}
	calls["payments/payer-pages"] = call{route: "GET /p/{link}", path: "/p/" + w.Link, says: "Школа «Понимаю»"}
	calls["docs/show-docs"] = call{route: "GET /openapi.json", path: "/openapi.json", says: `"operationId":"create-order"`}
	return calls
}

const sampleOrder = `{"project":"Школа «Понимаю»","email":"buyer@example.com","external_id":"A-1047",` +
	`"items":[{"name":"Консультация","price":{"amount":150000,"currency":"RUB"},"quantity":1,"vat":"none","payment_subject":"service"}]}`

const sampleRefund = `{"amount":{"amount":50000,"currency":"RUB"},"reason":"one lesson less"}`

func ofPayments(w *world.World) map[string]call {
	return map[string]call{
		"create-order":    {body: sampleOrder, key: "order-A-1047", status: 201, says: `"status":"created"`},
		"get-order":       {path: "/api/v1/order/" + w.Paid.Order.String(), says: `"status":"paid"`},
		"list-orders":     {query: "limit=2", says: `"next_cursor"`},
		"cancel-order":    {path: "/api/v1/order/" + w.Unpaid.Order.String() + "/cancel", says: `"status":"cancelled"`},
		"create-payment":  {body: fmt.Sprintf(`{"order_uuid":%q,"code":"card"}`, w.Fresh.Order), key: "payment-A-1047", status: 201, says: `"redirect_url":"http`},
		"get-payment":     {path: "/api/v1/payment/" + w.Paid.ID.String(), says: `"status":"paid"`},
		"capture-payment": {path: "/api/v1/payment/" + w.HeldOne.ID.String() + "/capture", key: "capture-1", says: `"status":"paid"`},
		"void-payment":    {path: "/api/v1/payment/" + w.HeldTwo.ID.String() + "/void", says: `"status":"cancelled"`},
		"refund-payment":  {path: "/api/v1/payment/" + w.Returnable.ID.String() + "/refund", body: sampleRefund, key: "refund-1", status: 201, says: `"status":"succeeded"`},
		"get-refund":      {path: "/api/v1/refund/" + w.Given.Refund().String(), says: `"status":"succeeded"`},
		"fulfil-order":    {path: "/api/v1/order/" + w.Prepaid.Order.String() + "/fulfil", key: "fulfil-1", says: `"operation":"fulfilment"`},
		"list-methods":    {query: "currency=RUB&country=RU", says: `"code":"card"`},
		"find-receipt": {body: fmt.Sprintf(`{"url":"https://consumer.1-ofd.ru/v1?fn=9999078900000001&fp=3449555941&i=133","order_uuid":%q}`, w.Paid.Order),
			status: 201, says: `"verified":false`},
		"create-webhook-endpoint": {body: `{"url":"https://shop.example/events","events":["order.paid","settlement.ready"]}`, status: 201, says: `"secret":"whsec_`},
		"list-webhook-endpoints":  {says: `"last_delivered_at"`},
		"rotate-webhook-secret":   {path: "/api/v1/webhook-endpoints/" + w.Hook.String() + "/rotate", says: `"secret":"whsec_`},
		"delete-webhook-endpoint": {path: "/api/v1/webhook-endpoints/" + w.OldHook.String(), status: 204},
		"list-events":             {query: "type=order.paid&limit=10", says: w.Paid.Order.String()},
		"get-event":               {path: "/api/v1/event/" + w.Event.String(), says: `"status":"waiting"`},
		"redeliver-event":         {path: "/api/v1/event/" + w.Event.String() + "/redeliver", status: 202, says: `"status":"waiting"`},
		"get-balance":             {says: `"reserved":{"amount":`},
		"get-statement":           {query: fmt.Sprintf("currency=RUB&from=%s&to=%s", w.Day, w.Day), says: `"kind":"refunded"`},
		"list-settlements":        {query: "limit=10", says: w.Settlement.String()},
		"get-settlement":          {path: "/api/v1/settlement/" + w.Settlement.String(), says: `"status":"closed"`},
		"get-register":            {path: "/api/v1/settlement/" + w.Settlement.String() + "/register", says: w.Given.Order.String()},
	}
}

// ofLedger are the operators' calls on the ledger.
func ofLedger(w *world.World) map[string]call {
	day, after := string(w.Day), string(w.Day.Next().Next())
	period := fmt.Sprintf(`"mode":"test","account_id":%q,"from":%q,"to":%q`, w.Account, day, after)
	broken := "/api/v1/admin/break/" + w.MissingThere.String()
	return map[string]call{
		"run-reconciliation": {query: fmt.Sprintf("mode=test&account=%s&from=%s&to=%s&grace_hours=0", w.Account, day, after),
			body: world.EmptyRegister, media: "text/csv", says: `"matched":0`},
		"match-payouts":      {body: "{" + period + `,"transfers":[{"date":"` + day + `","amount":{"amount":100000,"currency":"RUB"},"document":"417"}]}`, says: `"lines":1`},
		"list-breaks":        {query: "mode=test", says: w.MissingThere.String()},
		"assign-break":       {path: broken + "/assign", body: fmt.Sprintf(`{"mode":"test","operator":%q}`, identitystore.FirstOperator()), says: `"owner":"`},
		"resolve-break":      {path: broken + "/resolve", body: `{"mode":"test","note":"found in the next register","posting":"none"}`, says: `"state":"resolved"`},
		"list-payouts":       {query: "mode=test", says: w.Settlement.String()},
		"pay-out-settlement": {path: "/api/v1/admin/settlement/" + w.Settlement.String() + "/paid-out", query: "mode=test", body: `{"reference":"PP-1047"}`, key: "payout-1", says: `"status":"paid_out"`},
		"close-settlement":   {body: fmt.Sprintf(`{"partner":%q,"mode":"test","currency":"RUB","day":%q}`, w.Partner, w.Day), status: 202, says: w.Settlement.String()},
		"record-transfer": {body: fmt.Sprintf(`{"account":%q,"partner":%q,"mode":"test","amount":{"amount":100000,"currency":"RUB"},"reference":%q}`, w.Account, w.Partner, world.TransferReference),
			key: "transfer-1", status: 201, says: `"reference":"PP-77"`},
	}
}

func ofOperators(w *world.World) map[string]call {
	partner, account := "/api/v1/admin/partner/"+w.Partner.String(), "/api/v1/admin/account/"+w.Account.String()
	operator := "/api/v1/admin/operator/" + identitystore.FirstOperator().String()
	partnerBody := `{"name":"Лавка","legal_name":"ООО «Лавка»","inn":"7707083893","taxation":"usn_income","country":"RU","time_zone":"Europe/Moscow","fee_bp":250}`
	accountBody := `{"provider":"tbank","mode":"test","terminal":"Another","password":"sample","address":"https://bank.example","everyone":true,` +
		`"country":"RU","currencies":["RUB"],"methods":[{"code":"card","on":true,"fee_bp":190}],"on":true}`
	return map[string]call{
		"create-partner":       {body: partnerBody, key: "partner-1", status: 201, says: `"name":"Лавка"`},
		"get-partner":          {path: partner, says: `"live":false`},
		"change-partner":       {path: partner, body: `{"phone":"+74951111111"}`, says: `"phone":"+74951111111"`},
		"list-partners":        {query: "limit=1", says: `"next_cursor"`},
		"show-checklist":       {path: partner + "/checklist", says: `"test_order_paid"`},
		"let-partner-live":     {path: partner + "/live", says: `"live":true`},
		"issue-partner-token":  {path: partner + "/tokens", body: `{"mode":"test","name":"sample"}`, status: 201, says: `"secret":"gb_test_`},
		"list-partner-tokens":  {path: partner + "/tokens", says: `"name":"shop"`},
		"revoke-token":         {path: "/api/v1/admin/token/" + w.TokenID + "/revoke", says: `"revoked_at"`},
		"create-operator":      {body: `{"name":"Анна"}`, key: "operator-1", status: 201, says: `"name":"Анна"`},
		"list-operators":       {says: `"first operator"`},
		"issue-operator-token": {path: operator + "/tokens", body: `{"name":"sample"}`, status: 201, says: `"secret":"gb_ops_`},
		"list-operator-tokens": {path: operator + "/tokens", says: `"items"`},
		"create-account":       {body: accountBody, key: "account-1", status: 201, says: `"terminal":"Another"`},
		"get-account":          {path: account, says: `"terminal":"GibernoDEMO"`},
		"change-account":       {path: account, body: `{"returns_fee":true}`, says: `"returns_fee":true`},
		"list-accounts":        {query: "mode=test", says: `"terminal":"GibernoDEMO"`},
		"grant-account":        {path: account + "/grants", body: fmt.Sprintf(`{"partner":%q}`, w.Rival), says: w.Rival.String()},
		"ungrant-account":      {path: account + "/grants/" + w.Rival.String(), says: `"grants":[]`},
		"switch-account":       {path: account + "/switch", body: `{"on":false,"code":"card"}`, says: `"on":false`},
		"rotate-password":      {path: account + "/password", body: `{"password":"another-sample"}`, says: `"previous_password_until"`},
		"list-alarms":          {query: "mode=test", says: `"forged_notice"`},
		"refund-for-partner": {path: "/api/v1/admin/payment/" + w.Returnable.ID.String() + "/refund", query: "mode=test", body: sampleRefund, key: "refund-1",
			status: 201, says: `"source":"operator"`},
		"list-approvals": {query: "mode=test", says: w.ToReject.Refund().String()},
		"approve-refund": {path: "/api/v1/admin/refund/" + w.ToApprove.Refund().String() + "/approve", query: "mode=test", says: `"status":"succeeded"`},
		"reject-refund": {path: "/api/v1/admin/refund/" + w.ToReject.Refund().String() + "/reject", query: "mode=test", body: `{"reason":"the course has been completed"}`,
			says: `"code":"rejected"`},
		"end-refund": {path: "/api/v1/admin/refund/" + w.ToReject.Refund().String() + "/end", query: "mode=test", body: `{"outcome":"failed","note":"it is not in the register"}`,
			status: 409, says: `"refund_not_stuck"`},
		"correct-receipt": {path: "/api/v1/admin/order/" + w.Paid.Order.String() + "/correct-receipt",
			body: `{"mode":"test","kind":"income_correction","amount":{"amount":1000,"currency":"RUB"},"type":"self","date":"2026-11-21"}`, status: 409, says: `"operation_not_supported"`},
		"close-alarm": {body: fmt.Sprintf(`{"mode":"test","kind":"forged_notice","object":%q}`, w.Account), status: 204},
	}
}
