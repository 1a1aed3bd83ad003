package pages

import (
	"strconv"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

type kazakh struct{}

func (kazakh) Lang() string { return "kk" }
func (kazakh) Name() string { return "Қазақша" }

func (kazakh) Languages() string { return "Бет тілі" }
func (kazakh) TestMode() string {
	return "Сынақ төлемі: ақша есептен шығарылмайды"
}
func (kazakh) Secure() string {
	return "Карта деректері тек банктің қорғалған бетінде енгізіледі. Төлемді Гиберно қабылдайды."
}
func (kazakh) Support() string { return "Тапсырыс бойынша сұрақтар:" }

func (kazakh) Title(shop string) string     { return "Төлем — " + shop }
func (kazakh) PayTo() string                { return "Дүкендегі тапсырысты төлеу" }
func (kazakh) OrderNumber(id string) string { return "Тапсырыс № " + id }
func (kazakh) Total() string                { return "Төленетін сома" }
func (kazakh) Until(when string) string     { return "Төлеу мерзімі: " + when }
func (kazakh) Lines(n int) string           { return "Тапсырыста " + strconv.Itoa(n) + " тауар" }
func (kazakh) ChooseWay() string            { return "Төлеу тәсілін таңдаңыз" }
func (kazakh) OneWay() string               { return "Төлеу тәсілі" }
func (kazakh) Way(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "СБП"
	case banks.Card:
		return "Банк картасы"
	case banks.CardForeign:
		return "Шетелдік банктің картасы"
	case banks.Instalments:
		return "Бөліп төлеу"
	}
	return string(m)
}
func (kazakh) WayHint(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "Жылдам: төлемді өз банкіңіздің қосымшасында растаңыз"
	case banks.Card:
		return "Ресей банкінің картасы"
	case banks.CardForeign:
		return "Ресейден тыс жерде шығарылған карта"
	case banks.Instalments:
		return "Бір төлемнің орнына бірнеше төлеммен"
	}
	return ""
}
func (kazakh) CardQuestion() string {
	return "Карта Ресей банкінікі ме, әлде шетелдік банктікі ме?"
}
func (kazakh) CardHome() string     { return "Ресей банкінікі" }
func (kazakh) CardHomeHint() string { return "Карта Ресейде шығарылған" }
func (kazakh) CardAbroad() string   { return "Шетелдік банктікі" }
func (kazakh) CardAbroadHint() string {
	return "Карта Қазақстанда немесе басқа елде шығарылған"
}
func (kazakh) OtherWays() string { return "Немесе картасыз" }
func (kazakh) NoWay() string     { return "Қазір төлеу мүмкін емес" }
func (kazakh) NoWayLead() string {
	return "Бұл тапсырысты төлеудің бірде-бір тәсілі қазір қолжетімді емес. Кейінірек көріңіз немесе дүкенге жазыңыз: ол басқа тәсіл ұсына алады."
}
func (kazakh) WayClosed() string {
	return "Бұл тәсіл қазір қолжетімсіз. Басқасын таңдаңыз немесе кейінірек көріңіз."
}
func (kazakh) WayUnknown() string {
	return "Төмендегі төлеу тәсілдерінің бірін таңдаңыз."
}
func (kazakh) AttemptsUsedUp() string {
	return "Төлеу әрекеттері тым көп болды. Дүкеннен жаңа сілтеме сұраңыз."
}
func (kazakh) Unfinished(way string) string {
	return "Сіз төлеуді бастап қойғансыз: " + way + "."
}
func (kazakh) Continue() string { return "Банк бетіне оралу" }

func (kazakh) Preparing() string { return "Төлем дайындалып жатыр" }
func (kazakh) PreparingLead() string {
	return "Банк төлем бетін ашып жатыр. Әдетте бұл бірнеше секунд алады."
}
func (kazakh) Ready() string { return "Банк беті дайын" }
func (kazakh) ReadyLead() string {
	return "Төлеуді банктің қорғалған бетінде жалғастырыңыз."
}
func (kazakh) ToBank() string  { return "Төлеуге өту" }
func (kazakh) Waiting() string { return "Банктің жауабын күтудеміз" }
func (kazakh) WaitingLead() string {
	return "Төлемді растап қойған болсаңыз, ештеңе істеудің қажеті жоқ: бет нәтижені өзі көрсетеді."
}
func (kazakh) BackToBank() string { return "Банк бетіне оралу" }
func (kazakh) Unknown() string    { return "Банк нәтижені әлі хабарлаған жоқ" }
func (kazakh) UnknownLead() string {
	return "Төлем өткен-өтпегенін банктен сұрап жатырмыз. Бетті жабуға болады: нәтиже жоғалмайды."
}
func (kazakh) DoNotPayAgain() string {
	return "Өтінеміз, екінші рет төлемеңіз."
}
func (kazakh) Silent() string { return "Банк жауап бермейді" }
func (kazakh) SilentLead() string {
	return "Ақша есептен шығарылған жоқ. Қайталап көріңіз немесе басқа тәсілді таңдаңыз."
}
func (kazakh) CheckAgain() string { return "Қазір тексеру" }
func (kazakh) ChecksItself(seconds int) string {
	return "Бет " + strconv.Itoa(seconds) + " секундтан кейін өзі жаңарады."
}
func (kazakh) StopChecking() string { return "Жаңартпау" }
func (kazakh) OtherWay() string     { return "Басқа тәсілді таңдау" }
func (kazakh) TryAgain() string     { return "Қайталап көру" }

func (kazakh) Paid() string       { return "Төленді" }
func (kazakh) PaidLead() string   { return "Рақмет! Тапсырыс төленді." }
func (kazakh) PaidAmount() string { return "Сома" }
func (kazakh) Shop() string       { return "Дүкен" }
func (kazakh) Card() string       { return "Карта" }
func (kazakh) Date() string       { return "Күні" }
func (kazakh) Receipt() string    { return "Түбіртекті ашу" }
func (kazakh) ReceiptSoon() string {
	return "Түбіртек электрондық поштаңызға келеді."
}
func (kazakh) Returned() string     { return "Қайтарылды" }
func (kazakh) ReturnToShop() string { return "Дүкенге оралу" }
func (kazakh) Held() string         { return "Төлем расталды" }
func (kazakh) HeldLead() string {
	return "Сома шотыңызда резервтелді. Ол дүкен тапсырысты растағанда есептен шығарылады."
}
func (kazakh) Declined() string { return "Төлем өтпеді" }
func (kazakh) Decline(code banks.DeclineCode) string {
	switch code {
	case banks.InsufficientFunds:
		return "Картада немесе шотта ақша жеткіліксіз. Шотты толтырыңыз немесе басқа тәсілді таңдаңыз."
	case banks.CardExpired:
		return "Картаның қолданылу мерзімі біткен. Басқа картаны алыңыз."
	case banks.CardInvalid:
		return "Банк картаны танымады. Нөмірін, мерзімін және кодын тексеріңіз."
	case banks.LimitExceeded:
		return "Карта немесе шот лимитінен асып кетті. Лимитті банк қосымшасында өзгертіңіз немесе басқа тәсілді таңдаңыз."
	case banks.NotPermitted:
		return "Банк бұл картамен мұндай төлемдерге рұқсат бермейді. Басқа картаны немесе тәсілді таңдаңыз."
	case banks.AuthenticationFailed:
		return "Төлем банк кодымен расталмады. Қайталап көріңіз."
	case banks.SuspectedFraud:
		return "Банк сақтық үшін төлемді тоқтатты. Банкке қоңырау шалыңыз немесе басқа тәсілді таңдаңыз."
	case banks.IssuerUnavailable:
		return "Картаны шығарған банк жауап бермейді. Бірнеше минуттан кейін қайталап көріңіз."
	case banks.ForeignCardRefused:
		return "Шетелдік банктердің карталары мұнда қабылданбайды. Басқа тәсілді таңдаңыз."
	case banks.SBPRefused:
		return "Банкіңіз төлемді СБП арқылы өткізбеді. Қайталап көріңіз немесе картамен төлеңіз."
	case banks.InstalmentsRefused:
		return "Бөліп төлеу мақұлданбады. Басқа тәсілді таңдаңыз."
	case banks.CancelledByPayer:
		return "Сіз төлемнен бас тарттыңыз. Дайын болғанда қайта төлеуге болады."
	}
	return "Банк төлемді өткізбеді. Қайталап көріңіз немесе басқа тәсілді таңдаңыз."
}
func (kazakh) NothingCharged() string { return "Ақша есептен шығарылған жоқ." }
func (kazakh) Stopped() string        { return "Төлем тоқтатылды" }
func (kazakh) StoppedLead() string {
	return "Ақша есептен шығарылған жоқ. Тапсырысты қайта төлеуге болады."
}
func (kazakh) Lapsed() string { return "Төлем уақыты бітті" }
func (kazakh) LapsedLead() string {
	return "Ақша есептен шығарылған жоқ. Тапсырысты қайта төлеуге болады."
}
func (kazakh) Expired() string { return "Төлеу мерзімі өтті" }
func (kazakh) ExpiredLead() string {
	return "Бұл сілтеме бойынша енді төлеуге болмайды. Дүкеннен жаңасын сұраңыз."
}
func (kazakh) Cancelled() string { return "Тапсырыстан бас тартылды" }
func (kazakh) CancelledLead() string {
	return "Дүкен тапсырысты тоқтатты, төлеудің қажеті жоқ."
}
func (kazakh) PaidLate() string {
	return "Төлеміңіз тапсырыс тоқтатылғаннан кейін келді. Ақша қайтарылады."
}

func (kazakh) ReceiptHead(of payments.Operation) string {
	switch of {
	case payments.OfRefund:
		return "Қайтару түбіртегі"
	case payments.OfFulfilment:
		return "Толық есеп айырысу түбіртегі"
	case payments.OfCorrection:
		return "Түзету түбіртегі"
	}
	return "Кассалық түбіртек"
}
func (kazakh) ReceiptKind(k receipts.Kind) string {
	switch k {
	case receipts.IncomeReturn:
		return "Кірісті қайтару"
	case receipts.IncomeCorrection:
		return "Кірісті түзету"
	case receipts.IncomeReturnCorrection:
		return "Кірісті қайтаруды түзету"
	}
	return "Кіріс"
}
func (kazakh) ReceiptSign() string          { return "Есеп айырысу белгісі" }
func (kazakh) ReceiptTotal() string         { return "Жиыны" }
func (kazakh) VAT() string                  { return "ҚҚС" }
func (kazakh) NoVAT() string                { return "ҚҚС-сыз" }
func (kazakh) Including(what string) string { return "Оның ішінде " + what }
func (kazakh) FN() string                   { return "Фискалдық жинақтауыш (ФН)" }
func (kazakh) FD() string                   { return "Фискалдық құжат (ФД)" }
func (kazakh) FP() string                   { return "Фискалдық белгі (ФП)" }
func (kazakh) Till() string                 { return "Касса (РН ККТ)" }
func (kazakh) Shift() string                { return "Ауысым" }
func (kazakh) ReceiptNumber() string        { return "Ауысымдағы түбіртек" }
func (kazakh) ReceiptCode() string          { return "Түбіртектің QR-коды" }
func (kazakh) ReceiptCheck() string {
	return "Түбіртекті «Проверка чеков ФНС России» қосымшасында тексеруге болады: камераны кодқа бағыттаңыз."
}
func (kazakh) AtOperator() string {
	return "Түбіртек фискалдық деректер операторында"
}
func (kazakh) ReceiptByShop() string {
	return "Бұл түбіртекті дүкен берді. Біз оны тексерген жоқпыз."
}
func (kazakh) ReceiptPending() string { return "Түбіртек дайындалып жатыр" }
func (kazakh) ReceiptPendingLead() string {
	return "Касса түбіртекті әлі берген жоқ. Әдетте бұл бірнеше минут алады. Дайын түбіртек электрондық поштаңызға да келеді."
}
func (kazakh) ReceiptFailed() string { return "Түбіртек берілмеді" }
func (kazakh) ReceiptFailedLead() string {
	return "Касса бұл түбіртекті бермеді. Ақшаңызға ештеңе болған жоқ; түбіртек үшін дүкенге хабарласыңыз."
}
func (kazakh) ToOrder() string { return "Тапсырысқа өту" }

func (kazakh) NotFound() string { return "Мұндай сілтеме жоқ" }
func (kazakh) NotFoundLead() string {
	return "Мекенжайды тексеріңіз: ол толық көшірілмеген болуы мүмкін. Жаңа сілтемені дүкен жібереді."
}
func (kazakh) Refused() string { return "Сұрау қабылданбады" }
func (kazakh) RefusedLead() string {
	return "Форма бұл беттен жіберілмеген. Төлем сілтемесін қайта ашыңыз."
}
func (kazakh) Broken() string { return "Бірдеңе дұрыс болмады" }
func (kazakh) BrokenLead() string {
	return "Қате біздің тарапта. Сәл күтіп, бетті қайта ашыңыз: төлем өткен болса, бет оны көрсетеді."
}

func (kazakh) Month(n int) string {
	return [...]string{"қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"}[n-1]
}
func (t kazakh) Day(day, month, year int) string {
	return strconv.Itoa(year) + thin + "ж. " + strconv.Itoa(day) + thin + t.Month(month)
}
func (kazakh) Moscow() string { return "(Мәскеу уақыты)" }
func (kazakh) Almaty() string { return "(Алматы уақыты)" }
