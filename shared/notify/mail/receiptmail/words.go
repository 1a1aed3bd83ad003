package receiptmail

// words is what the letter says in one language. Heads and leads go by operation.
type words struct {
	Lang                                       string
	heads, leads                               map[string]string
	Shop, Order, Total, Date, FN, FD, FP       string
	Open, AtOperator, Automatic, Test, Careful string
}

// fallback is for payers of whom nothing is known.
const fallback = "ru"

var languages = map[string]words{
	"ru": {
		Lang: "ru",
		heads: map[string]string{
			"payment": "Чек об оплате", "refund": "Чек возврата", "fulfilment": "Чек полного расчёта", "correction": "Чек коррекции",
		},
		leads: map[string]string{
			"payment":    "Спасибо! Ваш заказ оплачен, касса выдала чек.",
			"refund":     "Магазин вернул вам деньги, касса выдала чек возврата.",
			"fulfilment": "Заказ, который вы оплатили заранее, выдан. Касса закрыла его чеком полного расчёта, платить ничего не нужно.",
			"correction": "Касса исправила прежний расчёт чеком коррекции, платить ничего не нужно.",
		},
		Shop: "Магазин", Order: "Заказ", Total: "Сумма", Date: "Дата", FN: "ФН", FD: "ФД", FP: "ФП",
		Open: "Открыть чек", AtOperator: "Чек на сайте оператора фискальных данных",
		Automatic: "Письмо отправлено автоматически, отвечать на него не нужно. Платежи принимает Гиберно.",
		Test:      "Тестовый платёж: деньги не списаны, чек ненастоящий.",
		Careful:   "Не пересылайте ссылку на чек тем, кому не доверяете: по ней виден ваш заказ.",
	},
	"kk": {
		Lang: "kk",
		heads: map[string]string{
			"payment": "Төлем түбіртегі", "refund": "Қайтару түбіртегі", "fulfilment": "Толық есеп айырысу түбіртегі", "correction": "Түзету түбіртегі",
		},
		leads: map[string]string{
			"payment":    "Рақмет! Тапсырысыңыз төленді, касса түбіртек берді.",
			"refund":     "Дүкен ақшаңызды қайтарды, касса қайтару түбіртегін берді.",
			"fulfilment": "Сіз алдын ала төлеген тапсырыс берілді. Касса оны толық есеп айырысу түбіртегімен жапты, ештеңе төлеудің қажеті жоқ.",
			"correction": "Касса бұрынғы есепті түзету түбіртегімен түзетті, ештеңе төлеудің қажеті жоқ.",
		},
		Shop: "Дүкен", Order: "Тапсырыс", Total: "Сома", Date: "Күні", FN: "ФН", FD: "ФД", FP: "ФП",
		Open: "Түбіртекті ашу", AtOperator: "Түбіртек фискалдық деректер операторының сайтында",
		Automatic: "Бұл хат автоматты түрде жіберілді, оған жауап берудің қажеті жоқ. Төлемдерді Гиберно қабылдайды.",
		Test:      "Сынақ төлемі: ақша есептен шығарылған жоқ, түбіртек шынайы емес.",
		Careful:   "Түбіртек сілтемесін сенбейтін адамдарға жібермеңіз: ол бойынша тапсырысыңыз көрінеді.",
	},
	"en": {
		Lang: "en",
		heads: map[string]string{
			"payment": "Receipt of payment", "refund": "Receipt of refund", "fulfilment": "Closing receipt", "correction": "Correction receipt",
		},
		leads: map[string]string{
			"payment":    "Thank you! Your order is paid, and the till has made a receipt.",
			"refund":     "The shop has returned your money, and the till has made a receipt of the refund.",
			"fulfilment": "The order that you paid in advance has been handed over. The till has closed it with a receipt; there is nothing to pay.",
			"correction": "The till has corrected an earlier receipt; there is nothing to pay.",
		},
		Shop: "Shop", Order: "Order", Total: "Amount", Date: "Date", FN: "Fiscal storage (FN)", FD: "Document (FD)", FP: "Fiscal sign (FP)",
		Open: "Open the receipt", AtOperator: "The receipt at the fiscal data operator",
		Automatic: "This letter was sent automatically; there is no need to answer it. Payments by Giberno.",
		Test:      "Test payment: no money was taken, and the receipt is not a real one.",
		Careful:   "Do not pass the link of the receipt to people you do not trust: it shows your order.",
	},
}
