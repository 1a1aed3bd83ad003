package pages

import (
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
)

// thin holds an amount together: a no-break space.
const thin = "\u00a0"

// signs are the currencies whose sign every font of today has; the others are written by their code.
var signs = map[money.Currency]string{
	money.RUB: "₽", money.KZT: "₸", money.USD: "$", money.EUR: "€", money.GBP: "£", money.TRY: "₺", money.CNY: "¥",
}

// amountText writes an amount as people of the language do: «1 500,00 ₽» in Russian and Kazakh, «₽1,500.00» in English.
func amountText(t Texts, m money.Money) string {
	whole, cents, _ := strings.Cut(m.Decimal(), ".")
	minus := ""
	if digits, negative := strings.CutPrefix(whole, "-"); negative {
		whole, minus = digits, "−"
	}
	sign, known := signs[m.Currency]
	if t.Lang() != "en" {
		if !known {
			sign = string(m.Currency)
		}
		return minus + grouped(whole, thin) + "," + cents + thin + sign
	}
	if !known {
		sign = string(m.Currency) + thin
	}
	return minus + sign + grouped(whole, ",") + "." + cents
}

// grouped sets a separator between thousands.
func grouped(digits, separator string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

func quantityText(t Texts, q money.Quantity) string {
	if t.Lang() == "en" {
		return q.String()
	}
	return strings.Replace(q.String(), ".", ",", 1)
}

// The zones that payers live in. Neither Moscow nor Almaty turns its clocks, so no zone database is needed.
var (
	moscow = time.FixedZone("Europe/Moscow", 3*60*60)
	almaty = time.FixedZone("Asia/Almaty", 5*60*60)
)

// zoneOf is the payer's zone: Almaty for those who pay from Kazakhstan or in its money, else Moscow.
func zoneOf(country string, c money.Currency) *time.Location {
	if country == kazakhstan || country == "" && c == money.KZT {
		return almaty
	}
	return moscow
}

// dayText writes a moment with its year: «23 ноября 2026, 15:04 по Москве».
func dayText(t Texts, at time.Time, zone *time.Location) string {
	at = at.In(zone)
	return t.Day(at.Day(), int(at.Month()), at.Year()) + ", " + at.Format("15:04") + " " + zoneText(t, zone)
}

// timeText writes a moment to the minute: «23 ноября, 15:04 по Москве».
func timeText(t Texts, at time.Time, zone *time.Location) string {
	at = at.In(zone)
	return strconv.Itoa(at.Day()) + thin + t.Month(int(at.Month())) + ", " + at.Format("15:04") + " " + zoneText(t, zone)
}

func zoneText(t Texts, zone *time.Location) string {
	if zone == almaty {
		return t.Almaty()
	}
	return t.Moscow()
}
