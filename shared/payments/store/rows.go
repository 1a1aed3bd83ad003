package store

import (
	"fmt"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

// schemaVersion is written on every row as "sv".
const schemaVersion = 1

var orderFields = []field[payments.Order]{
	uuid("id", func(o *payments.Order) *ids.ID { return &o.ID }),
	text("md", func(o *payments.Order) *ids.Mode { return &o.Mode }),
	uuid("pid", func(o *payments.Order) *ids.ID { return &o.Partner }),
	document("lk", func(o *payments.Order) *ids.LinkKey { return &o.LinkKey }, func(k *ids.LinkKey) bool { return *k == ids.LinkKey{} }),
	text("rh", func(o *payments.Order) *string { return &o.RequestHash }),
	text("prj", func(o *payments.Order) *string { return &o.Project }),
	text("eml", func(o *payments.Order) *string { return &o.Email }),
	document("itm", func(o *payments.Order) *[]payments.Item { return &o.Items }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	number("amt", func(o *payments.Order) *int64 { return &o.Total.Amount }),
	text("cur", func(o *payments.Order) *moneyCurrency { return &o.Total.Currency }),
	text("ext", func(o *payments.Order) *string { return &o.ExternalID }),
	text("dsc", func(o *payments.Order) *string { return &o.Description }),
	document("cus", func(o *payments.Order) *payments.Customer { return &o.Customer }, func(c *payments.Customer) bool { return *c == payments.Customer{} }),
	text("ret", func(o *payments.Order) *string { return &o.ReturnURL }),
	text("loc", func(o *payments.Order) *string { return &o.Locale }),
	document("mth", func(o *payments.Order) *[]banks.Method { return &o.Methods }, func(m *[]banks.Method) bool { return len(*m) == 0 }),
	truth("hld", func(o *payments.Order) *bool { return &o.Hold }),
	instant("exp", func(o *payments.Order) *time.Time { return &o.ExpiresAt }),
	instant("cat", func(o *payments.Order) *time.Time { return &o.CreatedAt }),
	document("mta", func(o *payments.Order) *map[string]string { return &o.Metadata }, func(m *map[string]string) bool { return len(*m) == 0 }),
	instant("due", func(o *payments.Order) *time.Time { return &o.Due }),
}

var stateFields = []field[payments.State]{
	number("ver", func(s *payments.State) *int64 { return &s.Version }),
	text("st", func(s *payments.State) *payments.OrderStatus { return &s.Status }),
	number("att", func(s *payments.State) *int { return &s.Attempts }),
	number("opn", func(s *payments.State) *int { return &s.Open }),
	number("win", func(s *payments.State) *int { return &s.Winner }),
	number("pd", func(s *payments.State) *int64 { return &s.Paid }),
	number("rfd", func(s *payments.State) *int64 { return &s.Refunded }),
	document("prm", func(s *payments.State) *[]payments.Promised { return &s.Promised }, func(p *[]payments.Promised) bool { return len(*p) == 0 }),
	instant("uat", func(s *payments.State) *time.Time { return &s.UpdatedAt }),
	marks("ev", func(s *payments.State) *[]payments.Mark { return &s.Marks }),
	document("cnl", func(s *payments.State) *payments.Answered { return &s.Cancel }, isZero[payments.Answered]),
}

var paymentFields = []field[payments.Payment]{
	uuid("id", func(p *payments.Payment) *ids.ID { return &p.ID }),
	text("md", func(p *payments.Payment) *ids.Mode { return &p.Mode }),
	uuid("pid", func(p *payments.Payment) *ids.ID { return &p.Partner }),
	number("ver", func(p *payments.Payment) *int64 { return &p.Version }),
	uuid("acc", func(p *payments.Payment) *ids.ID { return &p.Account }),
	text("prv", func(p *payments.Payment) *string { return &p.Provider }),
	truth("fsc", func(p *payments.Payment) *bool { return &p.Fiscal }),
	text("mth", func(p *payments.Payment) *banks.Method { return &p.Method }),
	truth("hld", func(p *payments.Payment) *bool { return &p.Hold }),
	text("st", func(p *payments.Payment) *payments.Status { return &p.Status }),
	number("amt", func(p *payments.Payment) *int64 { return &p.Amount.Amount }),
	text("cur", func(p *payments.Payment) *moneyCurrency { return &p.Amount.Currency }),
	number("cap", func(p *payments.Payment) *int64 { return &p.Captured }),
	document("tkn", func(p *payments.Payment) *[]payments.Item { return &p.Taken }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	uuid("til", func(p *payments.Payment) *ids.ID { return &p.Till }),
	number("tmn", func(p *payments.Payment) *int { return &p.TillMin }),
	truth("agt", func(p *payments.Payment) *bool { return &p.Agent }),
	document("trm", func(p *payments.Payment) *ledger.Terms { return &p.Terms }, isZero[ledger.Terms]),
	truth("sus", func(p *payments.Payment) *bool { return &p.Suspect }),
	text("bid", func(p *payments.Payment) *string { return &p.BankID }),
	text("pg", func(p *payments.Payment) *string { return &p.PageURL }),
	text("qr", func(p *payments.Payment) *string { return &p.QR }),
	text("ret", func(p *payments.Payment) *string { return &p.ReturnURL }),
	document("crd", func(p *payments.Payment) *banks.CardMask { return &p.Card }, isZero[banks.CardMask]),
	document("dcl", func(p *payments.Payment) *banks.Decline { return &p.Decline }, isZero[banks.Decline]),
	instant("ddl", func(p *payments.Payment) *time.Time { return &p.Deadline }),
	document("cll", func(p *payments.Payment) *payments.Call { return &p.Call }, func(c *payments.Call) bool { return c.Op == "" }),
	number("chk", func(p *payments.Payment) *int { return &p.Checks }),
	instant("mis", func(p *payments.Payment) *time.Time { return &p.MissedAt }),
	instant("pat", func(p *payments.Payment) *time.Time { return &p.PaidAt }),
	instant("cat", func(p *payments.Payment) *time.Time { return &p.CreatedAt }),
	instant("uat", func(p *payments.Payment) *time.Time { return &p.UpdatedAt }),
	instant("due", func(p *payments.Payment) *time.Time { return &p.Due }),
	marks("ev", func(p *payments.Payment) *[]payments.Mark { return &p.Marks }),
	document("iks", func(p *payments.Payment) *[]payments.Answered { return &p.Keys }, func(k *[]payments.Answered) bool { return len(*k) == 0 }),
	document("fst", func(p *payments.Payment) *payments.First { return &p.First }, isZero[payments.First]),
	document("cpa", func(p *payments.Payment) *payments.Answered { return &p.Capture }, isZero[payments.Answered]),
	document("vda", func(p *payments.Payment) *payments.Answered { return &p.Void }, isZero[payments.Answered]),
}

var refundFields = []field[payments.Refund]{
	uuid("id", func(r *payments.Refund) *ids.ID { return &r.ID }),
	text("md", func(r *payments.Refund) *ids.Mode { return &r.Mode }),
	uuid("pid", func(r *payments.Refund) *ids.ID { return &r.Partner }),
	number("pmt", func(r *payments.Refund) *int { return &r.Payment }),
	number("ver", func(r *payments.Refund) *int64 { return &r.Version }),
	text("st", func(r *payments.Refund) *payments.RefundStatus { return &r.Status }),
	text("src", func(r *payments.Refund) *payments.RefundSource { return &r.Source }),
	number("amt", func(r *payments.Refund) *int64 { return &r.Amount.Amount }),
	text("cur", func(r *payments.Refund) *moneyCurrency { return &r.Amount.Currency }),
	document("itm", func(r *payments.Refund) *[]payments.Returned { return &r.Items }, func(i *[]payments.Returned) bool { return len(*i) == 0 }),
	text("rsn", func(r *payments.Refund) *string { return &r.Reason }),
	text("aut", func(r *payments.Refund) *string { return &r.Author }),
	text("apr", func(r *payments.Refund) *string { return &r.Approver }),
	document("ebw", func(r *payments.Refund) *payments.EndedBy { return &r.Ended }, isZero[payments.EndedBy]),
	document("dcl", func(r *payments.Refund) *banks.Decline { return &r.Decline }, isZero[banks.Decline]),
	uuid("til", func(r *payments.Refund) *ids.ID { return &r.Till }),
	truth("kyd", func(r *payments.Refund) *bool { return &r.Keyed }),
	truth("snt", func(r *payments.Refund) *bool { return &r.Sent }),
	truth("bgn", func(r *payments.Refund) *bool { return &r.Begun }),
	instant("utl", func(r *payments.Refund) *time.Time { return &r.Until }),
	number("chk", func(r *payments.Refund) *int { return &r.Checks }),
	instant("mis", func(r *payments.Refund) *time.Time { return &r.MissedAt }),
	document("ik", func(r *payments.Refund) *payments.Answered { return &r.Key }, isZero[payments.Answered]),
	document("fst", func(r *payments.Refund) *payments.First { return &r.First }, isZero[payments.First]),
	instant("sat", func(r *payments.Refund) *time.Time { return &r.SucceededAt }),
	number("bfr", func(r *payments.Refund) *int64 { return &r.Before }),
	instant("cat", func(r *payments.Refund) *time.Time { return &r.CreatedAt }),
	instant("uat", func(r *payments.Refund) *time.Time { return &r.UpdatedAt }),
	instant("due", func(r *payments.Refund) *time.Time { return &r.Due }),
	marks("ev", func(r *payments.Refund) *[]payments.Mark { return &r.Marks }),
}

var receiptFields = []field[payments.Receipt]{
	uuid("id", func(r *payments.Receipt) *ids.ID { return &r.ID }),
	uuid("pmt", func(r *payments.Receipt) *ids.ID { return &r.Payment }),
	number("ver", func(r *payments.Receipt) *int64 { return &r.Version }),
	text("opr", func(r *payments.Receipt) *payments.Operation { return &r.Operation }),
	text("st", func(r *payments.Receipt) *payments.ReceiptStatus { return &r.Status }),
	text("src", func(r *payments.Receipt) *string { return &r.Source }),
	truth("vfd", func(r *payments.Receipt) *bool { return &r.Verified }),
	document("fsc", func(r *payments.Receipt) *receipts.Fiscal { return &r.Fiscal }, isZero[receipts.Fiscal]),
	document("itm", func(r *payments.Receipt) *[]payments.Item { return &r.Items }, func(i *[]payments.Item) bool { return len(*i) == 0 }),
	document("prt", func(r *payments.Receipt) *[]payments.Returned { return &r.Parts }, func(p *[]payments.Returned) bool { return len(*p) == 0 }),
	text("aut", func(r *payments.Receipt) *string { return &r.By }),
	instant("utl", func(r *payments.Receipt) *time.Time { return &r.Until }),
	text("flr", func(r *payments.Receipt) *string { return &r.Failure }),
	uuid("til", func(r *payments.Receipt) *ids.ID { return &r.Till }),
	text("tid", func(r *payments.Receipt) *string { return &r.TillID }),
	number("try", func(r *payments.Receipt) *int { return &r.Tries }),
	number("chk", func(r *payments.Receipt) *int { return &r.Checks }),
	document("crn", func(r *payments.Receipt) *receipts.Correction { return &r.Corrects }, isZero[receipts.Correction]),
	instant("mat", func(r *payments.Receipt) *time.Time { return &r.MailedAt }),
	document("ik", func(r *payments.Receipt) *payments.Answered { return &r.Key }, isZero[payments.Answered]),
	instant("cat", func(r *payments.Receipt) *time.Time { return &r.CreatedAt }),
	instant("uat", func(r *payments.Receipt) *time.Time { return &r.UpdatedAt }),
	instant("due", func(r *payments.Receipt) *time.Time { return &r.Due }),
	marks("ev", func(r *payments.Receipt) *[]payments.Mark { return &r.Marks }),
}

var alarmFields = []field[payments.Alarm]{
	text("knd", func(a *payments.Alarm) *payments.AlarmKind { return &a.Kind }),
	text("obj", func(a *payments.Alarm) *string { return &a.Object }),
	text("dtl", func(a *payments.Alarm) *string { return &a.Detail }),
	instant("oat", func(a *payments.Alarm) *time.Time { return &a.OpenedAt }),
	instant("cat", func(a *payments.Alarm) *time.Time { return &a.ClosedAt }),
	text("cby", func(a *payments.Alarm) *string { return &a.ClosedBy }),
}

func isZero[D comparable](d *D) bool { var zero D; return *d == zero }

func orderRow(o payments.Order) table.Row {
	return table.Row{Key: orderKey(o.Mode, o.ID), First: listPlace(o), Second: duePlace(o.Mode, o.ID, orderSK, o.Due),
		Attrs: encode(orderFields, &o)}
}

func readOrder(r table.Row) (o payments.Order, err error) {
	err = decode(orderFields, r.Attrs, &o)
	return o, err
}

func readPayment(r table.Row, order ids.ID) (p payments.Payment, err error) {
	if err := decode(paymentFields, r.Attrs, &p); err != nil {
		return p, err
	}
	p.Order, p.N = p.ID.Root(), p.ID.N()
	if p.Order != order || p.N < 1 {
		return p, fmt.Errorf("store: the row %q is no payment of its order", r.Key.SK)
	}
	return p, nil
}

func paymentRow(p payments.Payment) table.Row {
	attrs := encode(paymentFields, &p)
	attrs[askedAttr] = table.N(0)
	return table.Row{Key: paymentKey(p.Mode, p.Order, p.N), Second: duePlace(p.Mode, p.Order, paymentSK(p.N), p.Due), Attrs: attrs}
}

func readRefund(r table.Row, order ids.ID) (f payments.Refund, err error) {
	if err := decode(refundFields, r.Attrs, &f); err != nil {
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
	return table.Row{Key: refundKey(r), First: refundPlace(r), Second: duePlace(r.Mode, r.Order, refundSK(r.N), r.Due), Attrs: encode(refundFields, &r)}
}

func receiptRow(m ids.Mode, r payments.Receipt) table.Row {
	key := receiptKey(m, r)
	return table.Row{Key: key, Second: duePlace(m, r.ID.Root(), key.SK, r.Due), Attrs: encode(receiptFields, &r)}
}

func alarmRow(m ids.Mode, key table.Key, a payments.Alarm) table.Row {
	attrs := encode(alarmFields, &a)
	attrs["md"] = table.S(string(m))
	return table.Row{Key: key, First: alarmPlace(m, a), Attrs: attrs}
}

// askedAttr is when the payer's browser last made us ask the bank, unix milliseconds. It is a claim of its own beside
// the payment's version.
const askedAttr = "ask"
