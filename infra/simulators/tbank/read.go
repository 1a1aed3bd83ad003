package tbank

import "strconv"

// getState tells where a payment stands.
func getState(x *change, r *request) (any, error) {
	p, err := r.payment(x)
	if err != nil {
		return nil, err
	}
	a := x.about(p)
	a["Params"] = []answer{{"Key": "Route", "Value": "ACQ"}, {"Key": "Source", "Value": p.source()}}
	return a, nil
}

// about is what every answer about one payment holds. Success says that the call succeeded, not the payment.
func (x *change) about(p *Payment) answer {
	return answer{
		"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": p.Terminal, "Status": string(p.Status),
		"PaymentId": p.ID, "OrderId": p.OrderID, "Amount": p.current(),
	}
}

func (p *Payment) source() string {
	if p.Method == "sbp" {
		return "qrsbp"
	}
	return "cards"
}

// checkOrder tells of every payment that was opened for an OrderId.
func checkOrder(x *change, r *request) (any, error) {
	order, _ := r.fields.scalar("OrderId")
	if order == "" {
		return nil, refuse("201", "OrderId")
	}
	ids := x.old.byOrder[orderKey(r.terminal.Key, order)]
	if len(ids) == 0 {
		return nil, refuse("335", "OrderId")
	}
	payments := make([]answer, 0, len(ids))
	for _, id := range ids {
		p, _ := x.see(id)
		payments = append(payments, x.listed(p))
	}
	return answer{
		"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": r.terminal.Key, "OrderId": order, "Payments": payments,
	}, nil
}

// listed is a payment within CheckOrder. The bank's OpenAPI has ErrorCode as a number and Success as a string there.
func (x *change) listed(p *Payment) answer {
	good := p.ErrorCode == "0"
	a := answer{
		"PaymentId": p.ID, "Amount": p.current(), "Status": string(p.Status), "Success": good,
		"ErrorCode": p.ErrorCode, "Message": messages[p.ErrorCode],
	}
	if p.settled() {
		a["RRN"] = "5" + p.ID
	}
	if p.Method == "sbp" && p.settled() {
		a["SbpPaymentId"] = "A" + p.ID + "0000B10"
		a["SbpCustomerId"] = "C" + p.ID
	}
	if x.bank.numbers {
		a["ErrorCode"], a["Success"] = number(p.ErrorCode), strconv.FormatBool(good)
	}
	return a
}

// getTerminalPayMethods tells how payers may pay at this terminal.
func getTerminalPayMethods(_ *change, r *request) (any, error) {
	methods := []answer{}
	if !r.terminal.NoSBP {
		methods = append(methods, answer{"PayMethod": "SBP"})
	}
	return answer{
		"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalInfo": answer{
			"TerminalKey": r.terminal.Key, "Paymethods": methods, "AddCardScheme": true, "TokenRequired": true, "InitTokenRequired": true,
		},
	}, nil
}

// resend brings archived notifications back.
func resend(x *change, r *request) (any, error) {
	count := 0
	for _, id := range sortedKeys(x.old.notices) {
		n := x.old.notices[id]
		if n.Terminal != r.terminal.Key || n.State != noticeArchived {
			continue
		}
		again := *n
		again.State, again.NextAt, again.FirstAt = noticePending, x.now, x.now
		again.Round = 0
		x.notices = append(x.notices, &again)
		count++
	}
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": r.terminal.Key, "Count": count}, nil
}
