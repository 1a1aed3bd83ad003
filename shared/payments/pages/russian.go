package pages

import (
	"strconv"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

type russian struct{}

func (russian) Lang() string { return "ru" }
func (russian) Name() string { return "Русский" }

func (russian) Languages() string { return "Язык страницы" }
func (russian) TestMode() string {
	return "Тестовый платёж: деньги не списываются"
}
func (russian) Secure() string {
	return "Данные карты вводятся только на защищённой странице банка. Платёж принимает Гиберно."
}
func (russian) Support() string { return "Вопросы по заказу:" }

func (russian) Title(shop string) string     { return "Оплата — " + shop }
func (russian) PayTo() string                { return "Оплата заказа в магазине" }
func (russian) OrderNumber(id string) string { return "Заказ № " + id }
func (russian) Total() string                { return "К оплате" }
func (russian) Until(when string) string     { return "Оплатить можно до " + when }
func (russian) Lines(n int) string {
	word := "позиций"
	switch {
	case n%10 == 1 && n%100 != 11:
		word = "позиция"
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		word = "позиции"
	}
	return strconv.Itoa(n) + " " + word + " в заказе"
}
func (russian) ChooseWay() string { return "Выберите способ оплаты" }
func (russian) OneWay() string    { return "Способ оплаты" }
func (russian) Way(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "СБП"
	case banks.Card:
		return "Банковская карта"
	case banks.CardForeign:
		return "Карта иностранного банка"
	case banks.Instalments:
		return "Оплата частями"
	}
	return string(m)
}
func (russian) WayHint(m banks.Method) string {
	switch m {
	case banks.SBP:
		return "Быстро: подтвердите платёж в приложении своего банка"
	case banks.Card:
		return "Карта российского банка"
	case banks.CardForeign:
		return "Карта, выпущенная за пределами России"
	case banks.Instalments:
		return "Несколькими платежами вместо одного"
	}
	return ""
}
func (russian) CardQuestion() string {
	return "Карта российского или иностранного банка?"
}
func (russian) CardHome() string     { return "Российского банка" }
func (russian) CardHomeHint() string { return "Карта выпущена в России" }
func (russian) CardAbroad() string   { return "Иностранного банка" }
func (russian) CardAbroadHint() string {
	return "Карта выпущена в Казахстане или в другой стране"
}
func (russian) OtherWays() string { return "Или без карты" }
func (russian) NoWay() string     { return "Сейчас оплатить не получится" }
func (russian) NoWayLead() string {
	return "Ни один способ оплаты этого заказа сейчас не доступен. Попробуйте позже или напишите в магазин: он может предложить другой способ."
}
func (russian) WayClosed() string {
	return "Этот способ сейчас недоступен. Выберите другой или попробуйте позже."
}
func (russian) WayUnknown() string {
	return "Выберите один из способов оплаты ниже."
}
func (russian) AttemptsUsedUp() string {
	return "Попыток оплаты было слишком много. Попросите магазин прислать новую ссылку."
}
func (russian) Unfinished(way string) string {
	return "Вы уже начали оплату: " + way + "."
}
func (russian) Continue() string { return "Вернуться на страницу банка" }

func (russian) Preparing() string { return "Готовим оплату" }
func (russian) PreparingLead() string {
	return "Банк открывает страницу платежа. Обычно это занимает несколько секунд."
}
func (russian) Ready() string { return "Страница банка готова" }
func (russian) ReadyLead() string {
	return "Продолжите оплату на защищённой странице банка."
}
func (russian) ToBank() string  { return "Перейти к оплате" }
func (russian) Waiting() string { return "Ждём ответа банка" }
func (russian) WaitingLead() string {
	return "Если вы уже подтвердили платёж, ничего делать не нужно: страница покажет результат сама."
}
func (russian) BackToBank() string { return "Вернуться на страницу банка" }
func (russian) Unknown() string    { return "Банк ещё не сообщил результат" }
func (russian) UnknownLead() string {
	return "Мы спрашиваем банк, прошёл ли платёж. Страницу можно закрыть: результат не потеряется."
}
func (russian) DoNotPayAgain() string {
	return "Пожалуйста, не платите второй раз."
}
func (russian) Silent() string { return "Банк не отвечает" }
func (russian) SilentLead() string {
	return "Деньги не списаны. Попробуйте ещё раз или выберите другой способ."
}
func (russian) CheckAgain() string { return "Проверить сейчас" }
func (russian) ChecksItself(seconds int) string {
	return "Страница обновится сама через " + strconv.Itoa(seconds) + " с."
}
func (russian) StopChecking() string { return "Не обновлять" }
func (russian) OtherWay() string     { return "Выбрать другой способ" }
func (russian) TryAgain() string     { return "Попробовать ещё раз" }

func (russian) Paid() string       { return "Оплачено" }
func (russian) PaidLead() string   { return "Спасибо! Заказ оплачен." }
func (russian) PaidAmount() string { return "Сумма" }
func (russian) Shop() string       { return "Магазин" }
func (russian) Card() string       { return "Карта" }
func (russian) Date() string       { return "Дата" }
func (russian) Receipt() string    { return "Открыть чек" }
func (russian) ReceiptSoon() string {
	return "Чек придёт на вашу электронную почту."
}
func (russian) Returned() string     { return "Возвращено" }
func (russian) ReturnToShop() string { return "Вернуться в магазин" }
func (russian) Held() string         { return "Платёж подтверждён" }
func (russian) HeldLead() string {
	return "Сумма зарезервирована на вашем счёте. Она спишется, когда магазин подтвердит заказ."
}
func (russian) Declined() string { return "Платёж не прошёл" }
func (russian) Decline(code banks.DeclineCode) string {
	switch code {
	case banks.InsufficientFunds:
		return "На карте или счёте недостаточно денег. Пополните счёт или выберите другой способ."
	case banks.CardExpired:
		return "Срок действия карты истёк. Возьмите другую карту."
	case banks.CardInvalid:
		return "Банк не узнал карту. Проверьте номер, срок действия и код."
	case banks.LimitExceeded:
		return "Превышен лимит по карте или счёту. Измените лимит в приложении банка или выберите другой способ."
	case banks.NotPermitted:
		return "Банк не разрешает такие платежи по этой карте. Выберите другую карту или способ."
	case banks.AuthenticationFailed:
		return "Платёж не подтверждён кодом из банка. Попробуйте ещё раз."
	case banks.SuspectedFraud:
		return "Банк остановил платёж из осторожности. Позвоните в банк или выберите другой способ."
	case banks.IssuerUnavailable:
		return "Банк, выпустивший карту, не отвечает. Попробуйте через несколько минут."
	case banks.ForeignCardRefused:
		return "Карты иностранных банков здесь не принимаются. Выберите другой способ."
	case banks.SBPRefused:
		return "Ваш банк не провёл платёж через СБП. Попробуйте ещё раз или заплатите картой."
	case banks.InstalmentsRefused:
		return "Оплата частями не одобрена. Выберите другой способ."
	case banks.CancelledByPayer:
		return "Вы отменили платёж. Можно заплатить снова, когда будете готовы."
	}
	return "Банк не провёл платёж. Попробуйте ещё раз или выберите другой способ."
}
func (russian) NothingCharged() string { return "Деньги не списаны." }
func (russian) Stopped() string        { return "Платёж отменён" }
func (russian) StoppedLead() string {
	return "Деньги не списаны. Заказ можно оплатить снова."
}
func (russian) Lapsed() string { return "Время платежа вышло" }
func (russian) LapsedLead() string {
	return "Деньги не списаны. Заказ можно оплатить снова."
}
func (russian) Expired() string { return "Срок оплаты истёк" }
func (russian) ExpiredLead() string {
	return "По этой ссылке заплатить уже нельзя. Попросите магазин прислать новую."
}
func (russian) Cancelled() string { return "Заказ отменён" }
func (russian) CancelledLead() string {
	return "Магазин отменил заказ, платить не нужно."
}
func (russian) PaidLate() string {
	return "Ваш платёж пришёл после отмены заказа. Деньги будут возвращены."
}

func (russian) ReceiptHead(of payments.Operation) string {
	switch of {
	case payments.OfRefund:
		return "Чек возврата"
	case payments.OfFulfilment:
		return "Чек полного расчёта"
	case payments.OfCorrection:
		return "Чек коррекции"
	}
	return "Кассовый чек"
}
func (russian) ReceiptKind(k receipts.Kind) string {
	switch k {
	case receipts.IncomeReturn:
		return "Возврат прихода"
	case receipts.IncomeCorrection:
		return "Коррекция прихода"
	case receipts.IncomeReturnCorrection:
		return "Коррекция возврата прихода"
	}
	return "Приход"
}
func (russian) ReceiptSign() string          { return "Признак расчёта" }
func (russian) ReceiptTotal() string         { return "Итого" }
func (russian) VAT() string                  { return "НДС" }
func (russian) NoVAT() string                { return "Без НДС" }
func (russian) Including(what string) string { return "В том числе " + what }
func (russian) FN() string                   { return "ФН" }
func (russian) FD() string                   { return "ФД" }
func (russian) FP() string                   { return "ФП" }
func (russian) Till() string                 { return "РН ККТ" }
func (russian) Shift() string                { return "Смена" }
func (russian) ReceiptNumber() string        { return "Чек за смену" }
func (russian) ReceiptCode() string          { return "QR-код чека" }
func (russian) ReceiptCheck() string {
	return "Чек можно проверить в приложении «Проверка чеков ФНС России»: наведите камеру на код."
}
func (russian) AtOperator() string {
	return "Чек у оператора фискальных данных"
}
func (russian) ReceiptByShop() string {
	return "Этот чек передал магазин. Мы его не проверяли."
}
func (russian) ReceiptPending() string { return "Чек готовится" }
func (russian) ReceiptPendingLead() string {
	return "Касса ещё не выдала чек. Обычно это занимает несколько минут. Готовый чек придёт и на вашу электронную почту."
}
func (russian) ReceiptFailed() string { return "Чек не выдан" }
func (russian) ReceiptFailedLead() string {
	return "Касса не выдала этот чек. С вашими деньгами ничего не случилось; за чеком обратитесь в магазин."
}
func (russian) ToOrder() string { return "К заказу" }

func (russian) NotFound() string { return "Такой ссылки нет" }
func (russian) NotFoundLead() string {
	return "Проверьте адрес: возможно, он скопирован не полностью. Новую ссылку пришлёт магазин."
}
func (russian) Refused() string { return "Запрос отклонён" }
func (russian) RefusedLead() string {
	return "Форма была отправлена не с этой страницы. Откройте ссылку на оплату ещё раз."
}
func (russian) Broken() string { return "Что-то пошло не так" }
func (russian) BrokenLead() string {
	return "Ошибка на нашей стороне. Подождите немного и откройте страницу ещё раз: если платёж прошёл, она это покажет."
}

func (russian) Month(n int) string {
	return [...]string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"}[n-1]
}
func (t russian) Day(day, month, year int) string {
	return strconv.Itoa(day) + thin + t.Month(month) + " " + strconv.Itoa(year)
}
func (russian) Moscow() string { return "по Москве" }
func (russian) Almaty() string { return "по Алматы" }
