package store

import (
	"fmt"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
	"giberno.ru/shared/receipts"
)

// schemaVersion is written on every row as "sv".
const schemaVersion = 1

var orderFields = []fields.Of[payments.Order]{
	fields.UUID("id", func(o *payments.Order) *ids.ID { return &o.ID }),
	fields.Text("md", func(o *payments.Order) *ids.Mode { return &o.Mode }),
	fields.UUID("pid", func(o *payments.Order) *ids.ID { return &o.Partner }),
	fields.Document("lk", func(o *payments.Order) *ids.LinkKey { return &o.LinkKey }, func(k *ids.LinkKey) bool { return *k == ids.LinkKey{} }),
	fields.Text("rh", func(o *payments.Order) *string { return &o.RequestHash }),
	fields.Text("prj", func(o *payments.Order) *string { return &o.Project }),
	fields.Text("eml", func(o *payments.Order) *string { return &o.Email }),
	fields.Document("itm", func(o *payments.Order) *[]payments.Item { return &o.Items }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	fields.Number("amt", func(o *payments.Order) *int64 { return &o.Total.Amount }),
	fields.Text("cur", func(o *payments.Order) *moneyCurrency { return &o.Total.Currency }),
	fields.Text("ext", func(o *payments.Order) *string { return &o.ExternalID }),
	fields.Text("dsc", func(o *payments.Order) *string { return &o.Description }),
	fields.Document("cus", func(o *payments.Order) *payments.Customer { return &o.Customer }, func(c *payments.Customer) bool { return *c == payments.Customer{} }),
	fields.Text("ret", func(o *payments.Order) *string { return &o.ReturnURL }),
	fields.Text("loc", func(o *payments.Order) *string { return &o.Locale }),
	fields.Document("mth", func(o *payments.Order) *[]banks.Method { return &o.Methods }, func(m *[]banks.Method) bool { return len(*m) == 0 }),
	fields.Truth("hld", func(o *payments.Order) *bool { return &o.Hold }),
	fields.Instant("exp", func(o *payments.Order) *time.Time { return &o.ExpiresAt }),
	fields.Instant("cat", func(o *payments.Order) *time.Time { return &o.CreatedAt }),
	fields.Document("mta", func(o *payments.Order) *map[string]string { return &o.Metadata }, func(m *map[string]string) bool { return len(*m) == 0 }),
	fields.Instant("due", func(o *payments.Order) *time.Time { return &o.Due }),
}

var stateFields = []fields.Of[payments.State]{
	fields.Number("ver", func(s *payments.State) *int64 { return &s.Version }),
	fields.Text("st", func(s *payments.State) *payments.OrderStatus { return &s.Status }),
	fields.Number("att", func(s *payments.State) *int { return &s.Attempts }),
	fields.Number("opn", func(s *payments.State) *int { return &s.Open }),
	fields.Number("win", func(s *payments.State) *int { return &s.Winner }),
	fields.Number("pd", func(s *payments.State) *int64 { return &s.Paid }),
	fields.Number("rfd", func(s *payments.State) *int64 { return &s.Refunded }),
	fields.Document("prm", func(s *payments.State) *[]payments.Promised { return &s.Promised }, func(p *[]payments.Promised) bool { return len(*p) == 0 }),
	fields.Instant("uat", func(s *payments.State) *time.Time { return &s.UpdatedAt }),
	marks("ev", func(s *payments.State) *[]payments.Mark { return &s.Marks }),
	fields.Document("cnl", func(s *payments.State) *payments.Answered { return &s.Cancel }, fields.IsZero[payments.Answered]),
}

var paymentFields = []fields.Of[payments.Payment]{
	fields.UUID("id", func(p *payments.Payment) *ids.ID { return &p.ID }),
	fields.Text("md", func(p *payments.Payment) *ids.Mode { return &p.Mode }),
	fields.UUID("pid", func(p *payments.Payment) *ids.ID { return &p.Partner }),
	fields.Number("ver", func(p *payments.Payment) *int64 { return &p.Version }),
	fields.UUID("acc", func(p *payments.Payment) *ids.ID { return &p.Account }),
	fields.Text("prv", func(p *payments.Payment) *string { return &p.Provider }),
	fields.Truth("fsc", func(p *payments.Payment) *bool { return &p.Fiscal }),
	fields.Text("mth", func(p *payments.Payment) *banks.Method { return &p.Method }),
	fields.Truth("hld", func(p *payments.Payment) *bool { return &p.Hold }),
	fields.Text("st", func(p *payments.Payment) *payments.Status { return &p.Status }),
	fields.Number("amt", func(p *payments.Payment) *int64 { return &p.Amount.Amount }),
	fields.Text("cur", func(p *payments.Payment) *moneyCurrency { return &p.Amount.Currency }),
	fields.Number("cap", func(p *payments.Payment) *int64 { return &p.Captured }),
	fields.Document("tkn", func(p *payments.Payment) *[]payments.Item { return &p.Taken }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	fields.UUID("til", func(p *payments.Payment) *ids.ID { return &p.Till }),
	fields.Number("tmn", func(p *payments.Payment) *int { return &p.TillMin }),
	fields.Truth("agt", func(p *payments.Payment) *bool { return &p.Agent }),
	fields.Document("trm", func(p *payments.Payment) *ledger.Terms { return &p.Terms }, fields.IsZero[ledger.Terms]),
	fields.Truth("sus", func(p *payments.Payment) *bool { return &p.Suspect }),
	fields.Text("bid", func(p *payments.Payment) *string { return &p.BankID }),
	fields.Text("pg", func(p *payments.Payment) *string { return &p.PageURL }),
	fields.Text("qr", func(p *payments.Payment) *string { return &p.QR }),
	fields.Text("ret", func(p *payments.Payment) *string { return &p.ReturnURL }),
	fields.Document("crd", func(p *payments.Payment) *banks.CardMask { return &p.Card }, fields.IsZero[banks.CardMask]),
	fields.Document("dcl", func(p *payments.Payment) *banks.Decline { return &p.Decline }, fields.IsZero[banks.Decline]),
	fields.Instant("ddl", func(p *payments.Payment) *time.Time { return &p.Deadline }),
	fields.Document("cll", func(p *payments.Payment) *payments.Call { return &p.Call }, func(c *payments.Call) bool { return c.Op == "" }),
	fields.Number("chk", func(p *payments.Payment) *int { return &p.Checks }),
	fields.Instant("mis", func(p *payments.Payment) *time.Time { return &p.MissedAt }),
	fields.Instant("pat", func(p *payments.Payment) *time.Time { return &p.PaidAt }),
	fields.Instant("cat", func(p *payments.Payment) *time.Time { return &p.CreatedAt }),
	fields.Instant("uat", func(p *payments.Payment) *time.Time { return &p.UpdatedAt }),
	fields.Instant("due", func(p *payments.Payment) *time.Time { return &p.Due }),
	marks("ev", func(p *payments.Payment) *[]payments.Mark { return &p.Marks }),
	fields.Document("iks", func(p *payments.Payment) *[]payments.Answered { return &p.Keys }, func(k *[]payments.Answered) bool { return len(*k) == 0 }),
	fields.Document("fst", func(p *payments.Payment) *payments.First { return &p.First }, fields.IsZero[payments.First]),
	fields.Document("cpa", func(p *payments.Payment) *payments.Answered { return &p.Capture }, fields.IsZero[payments.Answered]),
	fields.Document("vda", func(p *payments.Payment) *payments.Answered { return &p.Void }, fields.IsZero[payments.Answered]),
}

var refundFields = []fields.Of[payments.Refund]{
	fields.UUID("id", func(r *payments.Refund) *ids.ID { return &r.ID }),
	fields.Text("md", func(r *payments.Refund) *ids.Mode { return &r.Mode }),
	fields.UUID("pid", func(r *payments.Refund) *ids.ID { return &r.Partner }),
	fields.Number("pmt", func(r *payments.Refund) *int { return &r.Payment }),
	fields.Number("ver", func(r *payments.Refund) *int64 { return &r.Version }),
	fields.Text("st", func(r *payments.Refund) *payments.RefundStatus { return &r.Status }),
	fields.Text("src", func(r *payments.Refund) *payments.RefundSource { return &r.Source }),
	fields.Number("amt", func(r *payments.Refund) *int64 { return &r.Amount.Amount }),
	fields.Text("cur", func(r *payments.Refund) *moneyCurrency { return &r.Amount.Currency }),
	fields.Document("itm", func(r *payments.Refund) *[]payments.Returned { return &r.Items }, func(i *[]payments.Returned) bool { return len(*i) == 0 }),
	fields.Text("rsn", func(r *payments.Refund) *string { return &r.Reason }),
	fields.Text("aut", func(r *payments.Refund) *string { return &r.Author }),
	fields.Text("apr", func(r *payments.Refund) *string { return &r.Approver }),
	fields.Document("ebw", func(r *payments.Refund) *payments.EndedBy { return &r.Ended }, fields.IsZero[payments.EndedBy]),
	fields.Document("dcl", func(r *payments.Refund) *banks.Decline { return &r.Decline }, fields.IsZero[banks.Decline]),
	fields.UUID("til", func(r *payments.Refund) *ids.ID { return &r.Till }),
	fields.Truth("kyd", func(r *payments.Refund) *bool { return &r.Keyed }),
	fields.Truth("snt", func(r *payments.Refund) *bool { return &r.Sent }),
	fields.Truth("bgn", func(r *payments.Refund) *bool { return &r.Begun }),
	fields.Instant("utl", func(r *payments.Refund) *time.Time { return &r.Until }),
	fields.Number("chk", func(r *payments.Refund) *int { return &r.Checks }),
	fields.Instant("mis", func(r *payments.Refund) *time.Time { return &r.MissedAt }),
	fields.Document("ik", func(r *payments.Refund) *payments.Answered { return &r.Key }, fields.IsZero[payments.Answered]),
	fields.Document("fst", func(r *payments.Refund) *payments.First { return &r.First }, fields.IsZero[payments.First]),
	fields.Instant("sat", func(r *payments.Refund) *time.Time { return &r.SucceededAt }),
	fields.Number("bfr", func(r *payments.Refund) *int64 { return &r.Before }),
	fields.Instant("cat", func(r *payments.Refund) *time.Time { return &r.CreatedAt }),
	fields.Instant("uat", func(r *payments.Refund) *time.Time { return &r.UpdatedAt }),
	fields.Instant("due", func(r *payments.Refund) *time.Time { return &r.Due }),
	marks("ev", func(r *payments.Refund) *[]payments.Mark { return &r.Marks }),
}

var receiptFields = []fields.Of[payments.Receipt]{
	fields.UUID("id", func(r *payments.Receipt) *ids.ID { return &r.ID }),
	fields.UUID("pmt", func(r *payments.Receipt) *ids.ID { return &r.Payment }),
	fields.Number("ver", func(r *payments.Receipt) *int64 { return &r.Version }),
	fields.Text("opr", func(r *payments.Receipt) *payments.Operation { return &r.Operation }),
	fields.Text("st", func(r *payments.Receipt) *payments.ReceiptStatus { return &r.Status }),
	fields.Text("src", func(r *payments.Receipt) *string { return &r.Source }),
	fields.Truth("vfd", func(r *payments.Receipt) *bool { return &r.Verified }),
	fields.Document("fsc", func(r *payments.Receipt) *receipts.Fiscal { return &r.Fiscal }, fields.IsZero[receipts.Fiscal]),
	fields.Document("itm", func(r *payments.Receipt) *[]payments.Item { return &r.Items }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	fields.Document("prt", func(r *payments.Receipt) *[]payments.Returned { return &r.Parts }, func(p *[]payments.Returned) bool { return len(*p) == 0 }),
	fields.Text("aut", func(r *payments.Receipt) *string { return &r.By }),
	fields.Instant("utl", func(r *payments.Receipt) *time.Time { return &r.Until }),
	fields.Text("flr", func(r *payments.Receipt) *string { return &r.Failure }),
	fields.UUID("til", func(r *payments.Receipt) *ids.ID { return &r.Till }),
	fields.Text("tid", func(r *payments.Receipt) *string { return &r.TillID }),
	fields.Number("try", func(r *payments.Receipt) *int { return &r.Tries }),
	fields.Number("chk", func(r *payments.Receipt) *int { return &r.Checks }),
	fields.Document("crn", func(r *payments.Receipt) *receipts.Correction { return &r.Corrects }, fields.IsZero[receipts.Correction]),
	fields.Instant("mat", func(r *payments.Receipt) *time.Time { return &r.MailedAt }),
	fields.Document("ik", func(r *payments.Receipt) *payments.Answered { return &r.Key }, fields.IsZero[payments.Answered]),
	fields.Instant("cat", func(r *payments.Receipt) *time.Time { return &r.CreatedAt }),
	fields.Instant("uat", func(r *payments.Receipt) *time.Time { return &r.UpdatedAt }),
	fields.Instant("due", func(r *payments.Receipt) *time.Time { return &r.Due }),
	marks("ev", func(r *payments.Receipt) *[]payments.Mark { return &r.Marks }),
}

var alarmFields = []fields.Of[payments.Alarm]{
	fields.Text("knd", func(a *payments.Alarm) *payments.AlarmKind { return &a.Kind }),
	fields.Text("obj", func(a *payments.Alarm) *string { return &a.Object }),
	fields.Text("dtl", func(a *payments.Alarm) *string { return &a.Detail }),
	fields.Instant("oat", func(a *payments.Alarm) *time.Time { return &a.OpenedAt }),
	fields.Instant("cat", func(a *payments.Alarm) *time.Time { return &a.ClosedAt }),
	fields.Text("cby", func(a *payments.Alarm) *string { return &a.ClosedBy }),
}

func orderRow(o payments.Order) table.Row {
	return table.Row{Key: orderKey(o.Mode, o.ID), First: listPlace(o), Second: duePlace(o.Mode, o.ID, orderSK, o.Due),
		Attrs: fields.New(schemaVersion, orderFields, &o)}
}

func readOrder(r table.Row) (o payments.Order, err error) {
	err = fields.Read(orderFields, r.Attrs, &o)
	return o, err
}

func readPayment(r table.Row, order ids.ID) (p payments.Payment, err error) {
	if err := fields.Read(paymentFields, r.Attrs, &p); err != nil {
		return p, err
	}
	p.Order, p.N = p.ID.Root(), p.ID.N()
	if p.Order != order || p.N < 1 {
		return p, fmt.Errorf("store: the row %q is no payment of its order", r.Key.SK)
	}
	return p, nil
}

func paymentRow(p payments.Payment) table.Row {
	attrs := fields.New(schemaVersion, paymentFields, &p)
	attrs[askedAttr] = table.N(0)
	return table.Row{Key: paymentKey(p.Mode, p.Order, p.N), Second: duePlace(p.Mode, p.Order, paymentSK(p.N), p.Due), Attrs: attrs}
}

func readRefund(r table.Row, order ids.ID) (f payments.Refund, err error) {
	if err := fields.Read(refundFields, r.Attrs, &f); err != nil {
		return f, err
	}
	f.Order, f.N = f.ID.Root(), f.ID.N()
	if f.Order != order || f.ID.Family() != ids.Refund || f.N < 1 {
		return f, fmt.Errorf("store: the row %q is no refund of its order", r.Key.SK)
	}
	return f, nil
}

// refundRow stands in a list of open refunds until nothing is owed to it.
func refundRow(r payments.Refund) table.Row {
	return table.Row{Key: refundKey(r), First: refundPlace(r), Second: duePlace(r.Mode, r.Order, refundSK(r.N), r.Due), Attrs: fields.New(schemaVersion, refundFields, &r)}
}

func receiptRow(m ids.Mode, r payments.Receipt) table.Row {
	key := receiptKey(m, r)
	return table.Row{Key: key, Second: duePlace(m, r.ID.Root(), key.SK, r.Due), Attrs: fields.New(schemaVersion, receiptFields, &r)}
}

func alarmRow(m ids.Mode, key table.Key, a payments.Alarm) table.Row {
	attrs := fields.New(schemaVersion, alarmFields, &a)
	attrs["md"] = table.S(string(m))
	return table.Row{Key: key, First: alarmPlace(m, a), Attrs: attrs}
}

// askedAttr is when the payer's browser last made us ask the bank, unix milliseconds. It is a claim of its own beside
// the payment's version.
const askedAttr = "ask"
