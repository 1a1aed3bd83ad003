package tbank

import (
	"encoding/json"
	"slices"
	"strings"

	"giberno.ru/shared/core/money"
)

// wireReceipt is what the bank reads of Receipt (FFD 1.05 and 1.2); other members go to the till as they are.
type wireReceipt struct {
	Email, Phone, Taxation, FfdVersion string
	Items                              []wireItem
	Payments                           *struct{ Electronic, Cash, AdvancePayment, Credit, Provision int64 }
}

type wireItem struct {
	Name                              string
	Price, Amount                     int64           // kopecks
	Quantity                          json.RawMessage // a number, or a string that holds one
	Tax, PaymentMethod, PaymentObject string
}

var (
	taxations = strings.Fields("osn usn_income usn_income_outcome envd esn patent")
	taxes     = strings.Fields("none vat0 vat5 vat7 vat10 vat20 vat22 vat105 vat107 vat110 vat120 vat122")
	modes     = strings.Fields("full_prepayment prepayment advance full_payment partial_payment credit credit_payment")
	subjects  = strings.Fields("commodity excise job service gambling_bet gambling_prize lottery lottery_prize " +
		"intellectual_activity payment agent_commission composite another")
	// FFD 1.2 knows more subjects than 1.05.
	subjects12 = strings.Fields("goods_with_marking_code goods_without_marking_code excise_with_marking_code " +
		"excise_without_marking_code deposit expense award property_right non-operating_gain insurance_premium sales_tax " +
		"resort_fee contribution pension_insurance_ip pension_insurance medical_insurance_ip medical_insurance social_insurance casino_payment")
)

// checkReceipt holds a Receipt against the rules of 54-FZ that the bank checks, and its total against the payment's.
func checkReceipt(raw json.RawMessage, total int64) error {
	var doc wireReceipt
	if err := json.Unmarshal(raw, &doc); err != nil {
		return refuse("1", "Receipt: "+err.Error())
	}
	switch {
	case doc.Email == "" && doc.Phone == "":
		return refuse("329", "Receipt.Email")
	case !slices.Contains(taxations, doc.Taxation):
		return refuse("1", "Receipt.Taxation")
	case doc.FfdVersion != "" && doc.FfdVersion != "1.05" && doc.FfdVersion != "1.2":
		return refuse("1", "Receipt.FfdVersion")
	case len(doc.Items) > 100:
		return refuse("1", "Receipt.Items: больше 100 позиций")
	}
	sum := money.Of(0, money.RUB)
	for _, item := range doc.Items {
		if err := item.check(doc.FfdVersion == "1.2"); err != nil {
			return err
		}
		var err error
		if sum, err = sum.Add(money.Of(item.Amount, money.RUB)); err != nil {
			return refuse("308", "Receipt.Items: сумма позиций вне пределов")
		}
	}
	if sum.Amount != total {
		return refuse("334", "Receipt: "+sum.String()+" вместо "+money.Of(total, money.RUB).String())
	}
	if p := doc.Payments; p != nil && p.Electronic+p.Cash+p.AdvancePayment+p.Credit+p.Provision != total {
		return refuse("308", "Receipt.Payments")
	}
	return nil
}

func (i wireItem) check(ffd12 bool) error {
	quantity, err := i.quantity()
	if err != nil {
		return refuse("310", "Receipt.Items.Quantity")
	}
	line, err := money.Line(money.Of(i.Price, money.RUB), quantity)
	switch {
	case i.Name == "" || len([]rune(i.Name)) > 128:
		return refuse("1", "Receipt.Items.Name")
	case i.Price < 0 || i.Amount < 0 || err != nil || line.Amount != i.Amount:
		return refuse("308", "Receipt.Items: Amount не равна Price × Quantity у «"+i.Name+"»")
	case !slices.Contains(taxes, i.Tax):
		return refuse("1", "Receipt.Items.Tax")
	case i.PaymentMethod == "" && !ffd12:
	case !slices.Contains(modes, i.PaymentMethod):
		return refuse("1", "Receipt.Items.PaymentMethod")
	}
	known := slices.Contains(subjects, i.PaymentObject) || i.PaymentObject == "" && !ffd12 ||
		ffd12 && slices.Contains(subjects12, i.PaymentObject)
	if !known {
		return refuse("1", "Receipt.Items.PaymentObject")
	}
	return nil
}

func (i wireItem) quantity() (money.Quantity, error) {
	return money.ParseQuantity(strings.Trim(string(i.Quantity), `"`))
}

// emptyReceipt reports a receipt that says nothing: absent, null, or without items.
func emptyReceipt(raw json.RawMessage) bool {
	if len(raw) == 0 || raw[0] != '{' {
		return true
	}
	var doc struct{ Items []json.RawMessage }
	return json.Unmarshal(raw, &doc) == nil && len(doc.Items) == 0
}

// prepaid reports a receipt that has to be closed when the goods are given.
func prepaid(raw json.RawMessage) bool {
	var doc wireReceipt
	if json.Unmarshal(raw, &doc) != nil {
		return false
	}
	return slices.ContainsFunc(doc.Items, func(i wireItem) bool {
		return i.PaymentMethod == "full_prepayment" || i.PaymentMethod == "prepayment" || i.PaymentMethod == "advance"
	})
}

// sendClosingReceipt makes the second receipt of a prepaid payment: the goods have been given.
func sendClosingReceipt(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	if p.Status != Confirmed || !prepaid(p.Receipt) {
		return nil, refuse("4", "Закрывающий чек возможен после CONFIRMED и чека предоплаты")
	}
	if !r.terminal.Fiscal {
		return nil, refuse("331", "К терминалу не подключена касса")
	}
	receipt, err := r.receipt(p.Captured, true)
	if err != nil {
		return nil, err
	}
	x.oweReceipt(p, receiptIncome, p.Captured, receipt)
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": p.Terminal, "PaymentId": p.ID, "Status": string(p.Status)}, nil
}
