package m365

import (
	"strings"
	"sync"
)

// lookalikes are the characters that Unicode calls confusable with one letter
// of a-z in either case, a letter a line: those of confusables.txt 13.0
// (https://www.unicode.org/Public/security/13.0.0/confusables.txt) that can
// stand in a name at all.
const lookalikes = `
a ΑАᎪᗅꓮ𐊠𖽀ɑαа
b ΒВᏴᗷꓐꞴ𐊂𐊡𐌁ƄЬᏏᑲᖯ
c СᏟⲤꓚ𐊢𐌂𐐕𐔜𑣩сᴄⲥꮯ𐐽
d ᎠᗞᗪꓓԁᏧᑯꓒ
e ΕЕᎬⴹꓰ𐊆𑢦𑢮еҽꬲ
f ϜᖴꓝꞘ𐊇𐊥𐔥𑢢𑣂քẝꞙꬵ
g ԌᏀᏳꓖƍɡցᶃ
h ΗНᎻᕼⲎꓧ𐋏һհᏂ
i ıɩɪιіӏᎥꙇꭵ𑣃
j ͿЈᎫᒍꓙꞲϳј
k ΚКᏦᛕⲔꓗ𐔘
l ᏞᒪⳐꓡ𐐛𐔦𑢣𑢲𖼖ƖǀΙІӀוןا١۱ߊᛁⲒⵏꓲ𐊊𐌉𖼨
m ΜϺМᎷᗰᛖⲘꓟ𐊰𐌑𑜀𑣣
n ΝⲚꓠ𐔓ոռ
o ΟОՕ߀০ଠ୦ዐⲞⵔ〇ꓳ𐊒𐊫𐐄𐓂𐔖𑓐𑢵𑣠οσоօסه٥ھہە۵०੦૦௦౦೦ഠ൦๐໐ဝ၀ჿᴏᴑⲟꬽ𐐬𐓪𑣈𑣗
p ΡРᏢᑭⲢꓑ𐊕ρрⲣ
q ⵕԛգզ
r ƦᎡᏒᖇꓣ𐒴𖼵гᴦⲅꭇꭈꮁ
s ЅՏᏕᏚꓢ𐊖𐐠𖼺ƽѕꜱꮪ𐑈𑣁
t ΤТᎢⲦꓔ𐊗𐊱𐌕𑢼𖼊
u Սሀᑌꓴ𐓎𑢸𖽂ʋυսᴜꞟꭎꭒ𐓶𑣘
v Ѵ٧۷Ꮩᐯⴸꓦꛟ𐔝𑢠𖼈νѵטᴠꮩ𑜆𑣀
w ԜᎳᏔꓪ𑣦ɯѡԝաᴡꮃ𑜊𑜎𑜏
x ΧХᚷⲬⵝꓫꞳ𐊐𐊴𐌗𐔧хᕁᕽ
y ΥУҮᎩᎽⲨꓬ𐊲𑢤𖽃ɣʏγуүყᶌỿꭚ𑣜
z ΖᏃꓜ𑢩𑣥ᴢꮓ𑣄
`

// accented are the letters of Latin-1 and Latin Extended-A that are one of a-z
// with a mark or a stroke, a letter a line.
const accented = `
a ÀÁÂÃÄÅàáâãäåĀāĂăĄą
c ÇçĆćĈĉĊċČč
d ĎďĐđÐð
e ÈÉÊËèéêëĒēĔĕĖėĘęĚě
g ĜĝĞğĠġĢģ
h ĤĥĦħ
i ÌÍÎÏìíîïĨĩĪīĬĭĮįİı
j Ĵĵ
k Ķķĸ
l ĹĺĻļĽľŁł
n ÑñŃńŅņŇň
o ÒÓÔÕÖòóôõöŌōŎŏŐőØø
r ŔŕŖŗŘř
s ŚśŜŝŞşŠšſ
t ŢţŤťŦŧ
u ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų
w Ŵŵ
y ÝýÿŶŷŸ
z ŹźŻżŽž
`

// letterOf returns the letter that a character looks like.
var letterOf = sync.OnceValue(func() map[rune]rune {
	letters := map[rune]rune{'0': 'o', '1': 'l', '|': 'l', '3': 'e', '5': 's'}
	for line := range strings.Lines(lookalikes + accented) {
		letter, same, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		for _, r := range same {
			letters[r] = rune(letter[0])
		}
	}
	return letters
})
