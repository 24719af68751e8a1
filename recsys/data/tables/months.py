"""Names of the months in several languages, in full and shortened."""

from __future__ import annotations

_MONTHS = """
january jan januar jänner janvier janv enero ene gennaio gen janeiro januari stycznia styczeń sty
february feb februar fevrier fevr février févr febrero febbraio fevereiro fev februari febr lutego luty lut
march mar märz maerz mrz mars marzo março marco maart mrt marca marzec
april apr avril avr abril abr aprile kwietnia kwiecień kwi
may mai mayo maggio mag maio mei maj maja
june jun juni juin junio giugno giu junho czerwca czerwiec cze
july jul juli juillet juil julio luglio lug julho lipca lipiec lip
august aug août aout agosto ago augustus augusti sierpnia sierpień sie
september sep sept septembre septiembre settembre set setembro września wrzesnia wrzesień wrz
october oct oktober okt octobre octubre ottobre ott outubro out października pazdziernika październik paź
november nov novembre noviembre novembro listopada listopad lis
december dec dezember dez decembre décembre déc diciembre dic dicembre dezembro grudnia grudzień gru
"""
_MORE_MONTHS = """
ledna leden január ocak oca января январь янв січня січень січ ianuarie ian ιανουαρίου ιανουάριος ιαν
února únor február şubat şub февраля февраль фев февр лютого лютий лют februarie φεβρουαρίου φεβρουάριος φεβ
března březen március márc mart марта март мар березня березень бер martie maret μαρτίου μάρτιος μαρ
dubna duben április ápr nisan nis апреля апрель апр квітня квітень квіт aprilie απριλίου απρίλιος απρ
května květen május máj mayıs мая май травня травень трав μαΐου μάιος μαι μαϊ
června červen június jún haziran haz июня июнь июн червня червень черв iunie ιουνίου ιούνιος ιουν
července červenec július júl temmuz tem июля июль июл липня липень лип iulie ιουλίου ιούλιος ιουλ
srpna srpen augusztus ağustos ağu августа август авг серпня серпень серп agustus αυγούστου αύγουστος αυγ
září szeptember szept eylül eyl сентября сентябрь сен сент вересня вересень вер septembrie σεπτεμβρίου σεπτέμβριος σεπ
října říjen október ekim eki октября октябрь окт жовтня жовтень жовт octombrie οκτωβρίου οκτώβριος οκτ
listopadu kasım kas ноября ноябрь ноя нояб листопада листопад лист noiembrie νοεμβρίου νοέμβριος νοε
prosince prosinec aralık ara декабря декабрь дек грудня грудень груд decembrie desember δεκεμβρίου δεκέμβριος δεκ
"""
_FURTHER_MONTHS = """
tammikuuta tammikuu tammi يناير ינואר
helmikuuta helmikuu helmi فبراير פברואר
maaliskuuta maaliskuu maalis مارس מרץ
huhtikuuta huhtikuu huhti أبريل ابريل אפריל
toukokuuta toukokuu touko مايو מאי
kesäkuuta kesäkuu kesä يونيو יוני
heinäkuuta heinäkuu heinä يوليو יולי
elokuuta elokuu elo أغسطس اغسطس אוגוסט
syyskuuta syyskuu syys سبتمبر ספטמבר
lokakuuta lokakuu loka أكتوبر اكتوبر אוקטובר
marraskuuta marraskuu marras نوفمبر נובמבר
joulukuuta joulukuu joulu ديسمبر דצמבר
"""
MONTHS = {
    name.casefold(): month
    for months in (_MONTHS, _MORE_MONTHS, _FURTHER_MONTHS)
    for month, line in enumerate(months.split("\n")[1:-1], start=1)
    for name in line.split()
}
