package tbank

import (
	"slices"
	"strconv"
)

// customer is a buyer of a shop with the cards that he let the shop keep.
type customer struct {
	Terminal string      `json:"terminal"`
	Key      string      `json:"key"`
	Known    bool        `json:"known"` // added and not removed
	Email    string      `json:"email,omitempty"`
	Phone    string      `json:"phone,omitempty"`
	Cards    []savedCard `json:"cards,omitempty"`
}

type savedCard struct {
	UsedCard
	Deleted bool `json:"deleted,omitempty"`
}

func (c *customer) key() string { return c.Terminal + "\x00" + c.Key }

func (c *customer) clone() *customer {
	d := *c
	d.Cards = slices.Clone(c.Cards)
	return &d
}

// customerKey reads the member that names a buyer.
func (r *request) customerKey() (string, error) {
	key, err := r.text("CustomerKey", 36)
	if err == nil && key == "" {
		err = refuse("201", "CustomerKey")
	}
	return key, err
}

// knownCustomer gives a buyer that was added and not removed.
func (r *request) knownCustomer(x *change) (*customer, error) {
	key, err := r.customerKey()
	if err != nil {
		return nil, err
	}
	c, ok := x.old.customers[(&customer{Terminal: r.terminal.Key, Key: key}).key()]
	if !ok || !c.Known {
		return nil, refuse("7", "CustomerKey")
	}
	return c, nil
}

func (r *request) aboutCustomer(key string) answer {
	return answer{"Success": true, "ErrorCode": "0", "Message": "OK", "TerminalKey": r.terminal.Key, "CustomerKey": key}
}

func addCustomer(x *change, r *request) (any, error) {
	key, err := r.customerKey()
	if err != nil {
		return nil, err
	}
	c := x.editCustomer(r.terminal.Key, key)
	c.Known = true
	c.Email, _ = r.fields.scalar("Email")
	c.Phone, _ = r.fields.scalar("Phone")
	return r.aboutCustomer(key), nil
}

func getCustomer(x *change, r *request) (any, error) {
	c, err := r.knownCustomer(x)
	if err != nil {
		return nil, err
	}
	a := r.aboutCustomer(c.Key)
	a["Email"], a["Phone"] = c.Email, c.Phone
	return a, nil
}

func removeCustomer(x *change, r *request) (any, error) {
	c, err := r.knownCustomer(x)
	if err != nil {
		return nil, err
	}
	removed := x.editCustomer(c.Terminal, c.Key)
	removed.Known = false
	for i := range removed.Cards {
		removed.Cards[i].Deleted = true
	}
	return r.aboutCustomer(c.Key), nil
}

// getCardList answers with a bare array; deleted cards are in it.
func getCardList(x *change, r *request) (any, error) {
	c, err := r.knownCustomer(x)
	if err != nil {
		return nil, err
	}
	list := []answer{}
	for _, card := range c.Cards {
		list = append(list, card.answer())
	}
	return list, nil
}

func (c savedCard) answer() answer {
	status := "A"
	if c.Deleted {
		status = "D"
	}
	return answer{
		"CardId": strconv.FormatInt(c.ID, 10), "Pan": c.Pan, "Status": status, "RebillId": c.RebillID, "CardType": 0, "ExpDate": c.Expires,
	}
}

func removeCard(x *change, r *request) (any, error) {
	c, err := r.knownCustomer(x)
	if err != nil {
		return nil, err
	}
	id, _ := r.fields.scalar("CardId")
	edited := x.editCustomer(c.Terminal, c.Key)
	for i := range edited.Cards {
		if card := &edited.Cards[i]; strconv.FormatInt(card.ID, 10) == id && !card.Deleted {
			card.Deleted = true
			a := r.aboutCustomer(c.Key)
			a["CardId"], a["Status"], a["CardType"] = id, "D", 0
			return a, nil
		}
	}
	return nil, refuse("503", "CardId")
}

// rememberCard keeps the card that has just paid with the buyer, where the shop named one. A parent payment gets a RebillId.
func (x *change) rememberCard(p *Payment) {
	if p.Card == nil || p.CustomerKey == "" {
		return
	}
	if p.Recurrent {
		p.Card.RebillID = "1" + p.ID
	}
	c := x.editCustomer(p.Terminal, p.CustomerKey)
	c.Known = true
	for i := range c.Cards {
		if had := &c.Cards[i]; had.Pan == p.Card.Pan && had.Expires == p.Card.Expires && !had.Deleted {
			p.Card.ID = had.ID
			if p.Card.RebillID == "" {
				p.Card.RebillID = had.RebillID
			}
			had.RebillID = p.Card.RebillID
			return
		}
	}
	c.Cards = append(c.Cards, savedCard{UsedCard: *p.Card})
}

// charge debits a saved card for a payment that Init has just opened. A decline is final.
func charge(x *change, r *request) (any, error) {
	p, err := r.editPayment(x)
	if err != nil {
		return nil, err
	}
	rebill, _ := r.fields.scalar("RebillId")
	switch {
	case r.terminal.NoCharge:
		return nil, refuse("10", "Charge")
	case rebill == "":
		return nil, refuse("201", "RebillId")
	case p.Recurrent:
		return nil, refuse("1126", "Init с Recurrent открывает родительский платёж")
	case p.Data[initiatorType] == "0":
		return nil, refuse("1126", "платёж без сохранённой карты")
	case p.Status != Initial:
		return nil, refuse("4", "Статус платежа "+string(p.Status))
	}
	card, ok := x.cardByRebill(p.Terminal, rebill)
	if !ok {
		return nil, refuse("104", "RebillId")
	}
	end := outcomes[card.Outcome]
	end.acs = false // nobody is there to type a code
	if err := x.attempt(p, try{method: "card", outcome: end, card: &card, final: true, why: "Charge"}); err != nil {
		return nil, err
	}
	a := x.about(p)
	a["Success"], a["ErrorCode"], a["Message"] = p.ErrorCode == "0", p.ErrorCode, messages[p.ErrorCode]
	return a, nil
}

func (x *change) cardByRebill(terminal, rebill string) (UsedCard, bool) {
	for _, c := range x.old.customers {
		for _, card := range c.Cards {
			if c.Terminal == terminal && card.RebillID == rebill && !card.Deleted {
				return card.UsedCard, true
			}
		}
	}
	return UsedCard{}, false
}
