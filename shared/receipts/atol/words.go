package atol

import "giberno.ru/shared/receipts"

// Version is one of the service's protocols.
type Version string

// The protocols. A group of tills speaks one of them.
const (
	V4 Version = "v4" // FFD 1.05
	V5 Version = "v5" // FFD 1.2
)

// operations are the paths of our kinds. FFD 1.05 has no correction of a return.
var operations = map[Version]map[receipts.Kind]string{
	V4: {
		receipts.Income: "sell", receipts.IncomeReturn: "sell_refund", receipts.IncomeCorrection: "sell_correction",
	},
	V5: {
		receipts.Income: "sell", receipts.IncomeReturn: "sell_refund", receipts.IncomeCorrection: "sell_correction",
		receipts.IncomeReturnCorrection: "sell_refund_correction",
	},
}

// The service's numbers of the ways to pay (payments[].type).
const (
	paidElectronically = 1
	paidFromAdvance    = 2
)

// units are the texts of v4's measurement_unit (tag 1197), at most 16 characters; v5 has the numbers of tag 2108. A unit
// without a text here is left out.
var units = map[string]string{
	"piece": "шт", "gram": "г", "kilogram": "кг", "tonne": "т",
	"centimetre": "см", "decimetre": "дм", "metre": "м",
	"square_centimetre": "кв. см", "square_decimetre": "кв. дм", "square_metre": "кв. м",
	"millilitre": "мл", "litre": "л", "cubic_metre": "куб. м",
	"kilowatt_hour": "кВт·ч", "gigacalorie": "Гкал",
	"day": "сут", "hour": "ч", "minute": "мин", "second": "с",
	"kilobyte": "Кбайт", "megabyte": "Мбайт", "gigabyte": "Гбайт", "terabyte": "Тбайт",
}

// The layouts of the service's times.
const (
	stamp = "02.01.2006 15:04:05"
	day   = "02.01.2006"
)
