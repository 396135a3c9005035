/*
 * Countries: ISO 3166-1 alpha-2 and alpha-3 codes, English short names, and the names that
 * buyers and shops of the larger markets write in their own language. Source: the iso-codes
 * package of Debian 12 (ISO 3166-1), and XK, which shops use for Kosovo.
 *
 * Names stand as clean_name() leaves them, so that "U.S.A.", "usa" and "United  States" need no
 * rows of their own; several names of one country are parted by '|'. "&" for "and" is covered
 * by forms without the word. Sorted by alpha-2, which is searched by halving; names are searched
 * from the top, as only a shop without codes asks for them.
 */
#include "clean.h"

#include "../base/hash.h"

static const struct country {
    char alpha2[3], alpha3[4];
    const char *names;
} countries[] = {
    /* clang-format off */
    {"AD", "AND", "andorra"},
    {"AE", "ARE", "unitedarabemirates|uae|emirates"},
    {"AF", "AFG", "afghanistan"},
    {"AG", "ATG", "antiguaandbarbuda|antiguabarbuda"},
    {"AI", "AIA", "anguilla"},
    {"AL", "ALB", "albania"},
    {"AM", "ARM", "armenia"},
    {"AO", "AGO", "angola"},
    {"AQ", "ATA", "antarctica"},
    {"AR", "ARG", "argentina"},
    {"AS", "ASM", "americansamoa"},
    {"AT", "AUT", "austria|österreich|osterreich|oesterreich"},
    {"AU", "AUS", "australia"},
    {"AW", "ABW", "aruba"},
    {"AX", "ALA", "ålandislands|alandislands"},
    {"AZ", "AZE", "azerbaijan"},
    {"BA", "BIH", "bosniaandherzegovina|bosnia|bosniaherzegovina"},
    {"BB", "BRB", "barbados"},
    {"BD", "BGD", "bangladesh"},
    {"BE", "BEL", "belgium|belgië|belgie|belgique|belgien"},
    {"BF", "BFA", "burkinafaso"},
    {"BG", "BGR", "bulgaria|българия"},
    {"BH", "BHR", "bahrain"},
    {"BI", "BDI", "burundi"},
    {"BJ", "BEN", "benin"},
    {"BL", "BLM", "saintbarthélemy|saintbarthelemy|stbarthélemy|stbarthelemy"},
    {"BM", "BMU", "bermuda"},
    {"BN", "BRN", "bruneidarussalam|brunei"},
    {"BO", "BOL", "boliviaplurinationalstateof|bolivia|plurinationalstateofbolivia"},
    {"BQ", "BES", "bonairesinteustatiusandsaba|bonaire|caribbeannetherlands|"
     "sinteustatiussababonaire"},
    {"BR", "BRA", "brazil|brasil"},
    {"BS", "BHS", "bahamas"},
    {"BT", "BTN", "bhutan"},
    {"BV", "BVT", "bouvetisland"},
    {"BW", "BWA", "botswana"},
    {"BY", "BLR", "belarus"},
    {"BZ", "BLZ", "belize"},
    {"CA", "CAN", "canada"},
    {"CC", "CCK", "cocoskeelingislands"},
    {"CD", "COD", "congothedemocraticrepublicofthe|democraticrepublicofthecongo|drcongo|"
     "congokinshasa"},
    {"CF", "CAF", "centralafricanrepublic"},
    {"CG", "COG", "congo|republicofthecongo|congobrazzaville"},
    {"CH", "CHE", "switzerland|schweiz|suisse|svizzera"},
    {"CI", "CIV", "côtedivoire|cotedivoire|ivorycoast"},
    {"CK", "COK", "cookislands"},
    {"CL", "CHL", "chile"},
    {"CM", "CMR", "cameroon"},
    {"CN", "CHN", "china|prchina|peoplesrepublicofchina|中国"},
    {"CO", "COL", "colombia"},
    {"CR", "CRI", "costarica"},
    {"CU", "CUB", "cuba"},
    {"CV", "CPV", "caboverde|capeverde"},
    {"CW", "CUW", "curaçao|curacao"},
    {"CX", "CXR", "christmasisland"},
    {"CY", "CYP", "cyprus|κύπρος|κυπρος"},
    {"CZ", "CZE", "czechia|czechrepublic|česko|cesko|českárepublika|ceskarepublika|tschechien"},
    {"DE", "DEU", "germany|deutschland|allemagne"},
    {"DJ", "DJI", "djibouti"},
    {"DK", "DNK", "denmark|danmark|dänemark|danemark"},
    {"DM", "DMA", "dominica"},
    {"DO", "DOM", "dominicanrepublic"},
    {"DZ", "DZA", "algeria"},
    {"EC", "ECU", "ecuador"},
    {"EE", "EST", "estonia|eesti"},
    {"EG", "EGY", "egypt|مصر"},
    {"EH", "ESH", "westernsahara"},
    {"ER", "ERI", "eritrea"},
    {"ES", "ESP", "spain|españa|espana|spanien|espagne"},
    {"ET", "ETH", "ethiopia"},
    {"FI", "FIN", "finland|suomi|finnland"},
    {"FJ", "FJI", "fiji"},
    {"FK", "FLK", "falklandislandsmalvinas|falklandislands"},
    {"FM", "FSM", "micronesiafederatedstatesof|micronesia|federatedstatesofmicronesia"},
    {"FO", "FRO", "faroeislands"},
    {"FR", "FRA", "france|frankreich"},
    {"GA", "GAB", "gabon"},
    {"GB", "GBR", "unitedkingdom|uk|greatbritain|britain|england|scotland|wales|northernireland|"
     "vereinigteskönigreich|vereinigteskonigreich|großbritannien|royaumeuni"},
    {"GD", "GRD", "grenada"},
    {"GE", "GEO", "georgia"},
    {"GF", "GUF", "frenchguiana"},
    {"GG", "GGY", "guernsey"},
    {"GH", "GHA", "ghana"},
    {"GI", "GIB", "gibraltar"},
    {"GL", "GRL", "greenland"},
    {"GM", "GMB", "gambia"},
    {"GN", "GIN", "guinea"},
    {"GP", "GLP", "guadeloupe"},
    {"GQ", "GNQ", "equatorialguinea"},
    {"GR", "GRC", "greece|ελλάδα|ελλαδα|griechenland|hellas"},
    {"GS", "SGS", "southgeorgiaandthesouthsandwichislands|southgeorgia|"
     "southgeorgiathesouthsandwichislands"},
    {"GT", "GTM", "guatemala"},
    {"GU", "GUM", "guam"},
    {"GW", "GNB", "guineabissau"},
    {"GY", "GUY", "guyana"},
    {"HK", "HKG", "hongkong"},
    {"HM", "HMD", "heardislandandmcdonaldislands|heardislandmcdonaldislands"},
    {"HN", "HND", "honduras"},
    {"HR", "HRV", "croatia|hrvatska|kroatien"},
    {"HT", "HTI", "haiti"},
    {"HU", "HUN", "hungary|magyarország|magyarorszag|ungarn"},
    {"ID", "IDN", "indonesia"},
    {"IE", "IRL", "ireland|éire|eire|republicofireland|irland"},
    {"IL", "ISR", "israel"},
    {"IM", "IMN", "isleofman"},
    {"IN", "IND", "india|bharat|भारत"},
    {"IO", "IOT", "britishindianoceanterritory"},
    {"IQ", "IRQ", "iraq"},
    {"IR", "IRN", "iranislamicrepublicof|iran|islamicrepublicofiran"},
    {"IS", "ISL", "iceland|ísland|island"},
    {"IT", "ITA", "italy|italia|italien|italie"},
    {"JE", "JEY", "jersey"},
    {"JM", "JAM", "jamaica"},
    {"JO", "JOR", "jordan"},
    {"JP", "JPN", "japan|日本"},
    {"KE", "KEN", "kenya"},
    {"KG", "KGZ", "kyrgyzstan"},
    {"KH", "KHM", "cambodia"},
    {"KI", "KIR", "kiribati"},
    {"KM", "COM", "comoros"},
    {"KN", "KNA", "saintkittsandnevis|stkittsandnevis|saintkittsnevis|stkittsnevis"},
    {"KP", "PRK", "koreademocraticpeoplesrepublicof|northkorea|democraticpeoplesrepublicofkorea"},
    {"KR", "KOR", "korearepublicof|southkorea|republicofkorea|korea|대한민국|대한민국"},
    {"KW", "KWT", "kuwait"},
    {"KY", "CYM", "caymanislands"},
    {"KZ", "KAZ", "kazakhstan"},
    {"LA", "LAO", "laopeoplesdemocraticrepublic|laos"},
    {"LB", "LBN", "lebanon"},
    {"LC", "LCA", "saintlucia|stlucia"},
    {"LI", "LIE", "liechtenstein"},
    {"LK", "LKA", "srilanka"},
    {"LR", "LBR", "liberia"},
    {"LS", "LSO", "lesotho"},
    {"LT", "LTU", "lithuania|lietuva|litauen"},
    {"LU", "LUX", "luxembourg|luxemburg|lëtzebuerg|letzebuerg"},
    {"LV", "LVA", "latvia|latvija|lettland"},
    {"LY", "LBY", "libya"},
    {"MA", "MAR", "morocco"},
    {"MC", "MCO", "monaco"},
    {"MD", "MDA", "moldovarepublicof|moldova|republicofmoldova"},
    {"ME", "MNE", "montenegro"},
    {"MF", "MAF", "saintmartinfrenchpart|stmartinfrenchpart"},
    {"MG", "MDG", "madagascar"},
    {"MH", "MHL", "marshallislands"},
    {"MK", "MKD", "northmacedonia|macedonia"},
    {"ML", "MLI", "mali"},
    {"MM", "MMR", "myanmar|burma"},
    {"MN", "MNG", "mongolia"},
    {"MO", "MAC", "macao|macau"},
    {"MP", "MNP", "northernmarianaislands"},
    {"MQ", "MTQ", "martinique"},
    {"MR", "MRT", "mauritania"},
    {"MS", "MSR", "montserrat"},
    {"MT", "MLT", "malta"},
    {"MU", "MUS", "mauritius"},
    {"MV", "MDV", "maldives"},
    {"MW", "MWI", "malawi"},
    {"MX", "MEX", "mexico|méxico|mexiko"},
    {"MY", "MYS", "malaysia"},
    {"MZ", "MOZ", "mozambique"},
    {"NA", "NAM", "namibia"},
    {"NC", "NCL", "newcaledonia"},
    {"NE", "NER", "niger"},
    {"NF", "NFK", "norfolkisland"},
    {"NG", "NGA", "nigeria"},
    {"NI", "NIC", "nicaragua"},
    {"NL", "NLD", "netherlands|nederland|niederlande|holland|thenetherlands|paysbas"},
    {"NO", "NOR", "norway|norge|norwegen"},
    {"NP", "NPL", "nepal"},
    {"NR", "NRU", "nauru"},
    {"NU", "NIU", "niue"},
    {"NZ", "NZL", "newzealand|aotearoa"},
    {"OM", "OMN", "oman"},
    {"PA", "PAN", "panama"},
    {"PE", "PER", "peru"},
    {"PF", "PYF", "frenchpolynesia"},
    {"PG", "PNG", "papuanewguinea"},
    {"PH", "PHL", "philippines"},
    {"PK", "PAK", "pakistan"},
    {"PL", "POL", "poland|polska|polen"},
    {"PM", "SPM", "saintpierreandmiquelon|saintpierremiquelon|stpierreandmiquelon|"
     "stpierremiquelon"},
    {"PN", "PCN", "pitcairn"},
    {"PR", "PRI", "puertorico"},
    {"PS", "PSE", "palestinestateof|palestine|stateofpalestine"},
    {"PT", "PRT", "portugal"},
    {"PW", "PLW", "palau"},
    {"PY", "PRY", "paraguay"},
    {"QA", "QAT", "qatar"},
    {"RE", "REU", "réunion|reunion|laréunion|lareunion"},
    {"RO", "ROU", "romania|românia|rumänien|rumanien"},
    {"RS", "SRB", "serbia"},
    {"RU", "RUS", "russianfederation|russia|россия|russland"},
    {"RW", "RWA", "rwanda"},
    {"SA", "SAU", "saudiarabia|السعودية|ksa"},
    {"SB", "SLB", "solomonislands"},
    {"SC", "SYC", "seychelles"},
    {"SD", "SDN", "sudan"},
    {"SE", "SWE", "sweden|sverige|schweden"},
    {"SG", "SGP", "singapore"},
    {"SH", "SHN", "sainthelenaascensionandtristandacunha|sainthelena|sthelena|"
     "ascensiontristandacunhasainthelena|sthelenaascensionandtristandacunha"},
    {"SI", "SVN", "slovenia|slovenija|slowenien"},
    {"SJ", "SJM", "svalbardandjanmayen|svalbardjanmayen"},
    {"SK", "SVK", "slovakia|slovensko|slovakrepublic|slowakei"},
    {"SL", "SLE", "sierraleone"},
    {"SM", "SMR", "sanmarino"},
    {"SN", "SEN", "senegal"},
    {"SO", "SOM", "somalia"},
    {"SR", "SUR", "suriname"},
    {"SS", "SSD", "southsudan"},
    {"ST", "STP", "saotomeandprincipe|saotomeprincipe"},
    {"SV", "SLV", "elsalvador"},
    {"SX", "SXM", "sintmaartendutchpart"},
    {"SY", "SYR", "syrianarabrepublic|syria"},
    {"SZ", "SWZ", "eswatini|swaziland"},
    {"TC", "TCA", "turksandcaicosislands|turkscaicosislands"},
    {"TD", "TCD", "chad"},
    {"TF", "ATF", "frenchsouthernterritories"},
    {"TG", "TGO", "togo"},
    {"TH", "THA", "thailand"},
    {"TJ", "TJK", "tajikistan"},
    {"TK", "TKL", "tokelau"},
    {"TL", "TLS", "timorleste|easttimor"},
    {"TM", "TKM", "turkmenistan"},
    {"TN", "TUN", "tunisia"},
    {"TO", "TON", "tonga"},
    {"TR", "TUR", "türkiye|turkiye|turkey|türkei|turkei"},
    {"TT", "TTO", "trinidadandtobago|trinidadtobago"},
    {"TV", "TUV", "tuvalu"},
    {"TW", "TWN", "taiwanprovinceofchina|taiwan"},
    {"TZ", "TZA", "tanzaniaunitedrepublicof|tanzania|unitedrepublicoftanzania"},
    {"UA", "UKR", "ukraine|україна|украіна"},
    {"UG", "UGA", "uganda"},
    {"UM", "UMI", "unitedstatesminoroutlyingislands"},
    {"US", "USA", "unitedstates|unitedstatesofamerica|america|us|vereinigtestaaten|étatsunis|"
     "etatsunis|estadosunidos"},
    {"UY", "URY", "uruguay"},
    {"UZ", "UZB", "uzbekistan"},
    {"VA", "VAT", "holyseevaticancitystate|vatican|vaticancity"},
    {"VC", "VCT", "saintvincentandthegrenadines|stvincent|saintvincentthegrenadines|"
     "stvincentandthegrenadines|stvincentthegrenadines"},
    {"VE", "VEN", "venezuelabolivarianrepublicof|venezuela|bolivarianrepublicofvenezuela"},
    {"VG", "VGB", "virginislandsbritish|britishvirginislands"},
    {"VI", "VIR", "virginislandsus|usvirginislands"},
    {"VN", "VNM", "vietnam"},
    {"VU", "VUT", "vanuatu"},
    {"WF", "WLF", "wallisandfutuna|wallisfutuna"},
    {"WS", "WSM", "samoa"},
    {"XK", "XKX", "kosovo"},
    {"YE", "YEM", "yemen"},
    {"YT", "MYT", "mayotte"},
    {"ZA", "ZAF", "southafrica|rsa"},
    {"ZM", "ZMB", "zambia"},
    {"ZW", "ZWE", "zimbabwe"},
    /* clang-format on */
};

static const struct country *find_alpha2(const char upper[2])
{
    size_t low = 0, high = COUNT_OF(countries);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(countries[middle].alpha2, upper, 2);
        if (order == 0)
            return &countries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static char upper_of(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool clean_is_country_code(span code)
{
    return code.len == 2 &&
           find_alpha2((char[2]){upper_of(code.ptr[0]), upper_of(code.ptr[1])}) != NULL;
}

static bool has_name(const struct country *country, span name)
{
    span rest = span_of(country->names), one;
    while (span_split(&rest, '|', &one))
        if (span_equal(one, name))
            return true;
    return false;
}

static const struct country *find_country(span name)
{
    if (name.len == 2) {
        const struct country *found =
            find_alpha2((char[2]){upper_of(name.ptr[0]), upper_of(name.ptr[1])});
        if (found)
            return found;
    }
    for (size_t i = 0; i < COUNT_OF(countries); i++)
        if (span_equal_nocase(name, span_of(countries[i].alpha3)) || has_name(&countries[i], name))
            return &countries[i];
    return NULL;
}

span clean_country(struct arena *arena, span raw)
{
    span name = clean_name(arena, raw);
    if (span_empty(name) || hash_is_hex(name, 2 * HASH_SIZE))
        return name;
    const struct country *found = find_country(name);
    return found ? clean_lower(arena, span_of(found->alpha2)) : (span){0};
}
