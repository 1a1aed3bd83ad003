package receipts

import "time"

// Word is a name of our contract with the number that the fiscal format gives it.
type Word struct {
	Name string
	Tag  int
}

// Words is a closed list of names.
type Words []Word

// Tag gives the number of a name; ok is false for a name that is not in the list.
func (w Words) Tag(name string) (tag int, ok bool) {
	for _, word := range w {
		if word.Name == name {
			return word.Tag, true
		}
	}
	return 0, false
}

// Has reports whether the name is in the list.
func (w Words) Has(name string) bool {
	_, ok := w.Tag(name)
	return ok
}

// Names lists the names in order.
func (w Words) Names() []string {
	names := make([]string, len(w))
	for i, word := range w {
		names[i] = word.Name
	}
	return names
}

// VATs are the rates (tag 1199). vat20 and vat120 ended with 2025, when vat22 and vat122 took their place: ValidVAT knows.
var VATs = Words{
	{"none", 6}, {"vat0", 5}, {"vat5", 7}, {"vat7", 8}, {"vat10", 2}, {"vat22", 11},
	{"vat105", 9}, {"vat107", 10}, {"vat110", 4}, {"vat122", 12},
	{"vat20", 1}, {"vat120", 3},
}

// Subjects are the signs of the thing sold (tag 1212).
var Subjects = Words{
	{"commodity", 1}, {"excise", 2}, {"job", 3}, {"service", 4}, {"gambling_bet", 5}, {"gambling_prize", 6},
	{"lottery", 7}, {"lottery_prize", 8}, {"intellectual_activity", 9}, {"payment", 10}, {"agent_commission", 11},
	{"composite", 12}, {"another", 13},
}

// Modes are the signs of the way of settlement (tag 1214).
var Modes = Words{
	{"full_prepayment", 1}, {"prepayment", 2}, {"advance", 3}, {"full_payment", 4}, {"partial_payment", 5},
	{"credit", 6}, {"credit_payment", 7},
}

// Measures are the units of quantity (tag 2108).
var Measures = Words{
	{"piece", 0}, {"gram", 10}, {"kilogram", 11}, {"tonne", 12},
	{"centimetre", 20}, {"decimetre", 21}, {"metre", 22},
	{"square_centimetre", 30}, {"square_decimetre", 31}, {"square_metre", 32},
	{"millilitre", 40}, {"litre", 41}, {"cubic_metre", 42},
	{"kilowatt_hour", 50}, {"gigacalorie", 51},
	{"day", 70}, {"hour", 71}, {"minute", 72}, {"second", 73},
	{"kilobyte", 80}, {"megabyte", 81}, {"gigabyte", 82}, {"terabyte", 83},
	{"other", 255},
}

// Taxations are the systems of taxation (tag 1055), each a bit. envd has been abolished and is not offered.
var Taxations = Words{{"osn", 1}, {"usn_income", 2}, {"usn_income_outcome", 4}, {"esn", 16}, {"patent", 32}}

// AgentTypes are the signs of an agent (tag 1222), each a bit.
var AgentTypes = Words{
	{"bank_paying_agent", 1}, {"bank_paying_subagent", 2}, {"paying_agent", 4}, {"paying_subagent", 8},
	{"attorney", 16}, {"commission_agent", 32}, {"another", 64},
}

// Moscow is the zone of fiscal times that name none.
var Moscow = time.FixedZone("MSK", 3*60*60)

var rate22Since = time.Date(2026, time.January, 1, 0, 0, 0, 0, Moscow)

// ValidVAT reports whether a receipt issued at that time may carry the rate.
func ValidVAT(name string, at time.Time) bool {
	switch name {
	case "vat20", "vat120":
		return at.Before(rate22Since)
	case "vat22", "vat122":
		return !at.Before(rate22Since)
	}
	return VATs.Has(name)
}

// ValidSubject reports whether name is a sign of a thing sold.
func ValidSubject(name string) bool { return Subjects.Has(name) }

// ValidMode reports whether name is a sign of a way of settlement.
func ValidMode(name string) bool { return Modes.Has(name) }

// ValidMeasure reports whether name is a unit of quantity.
func ValidMeasure(name string) bool { return Measures.Has(name) }

// ValidTaxation reports whether name is a system of taxation in force.
func ValidTaxation(name string) bool { return Taxations.Has(name) }
