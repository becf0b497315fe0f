"""Words that say little in a search, French and English, folded.

A word that means something in the other language's workshop (*or* is gold, *son* is sound, *main*
is a hand, *vis* are screws) is in none of these lists.
"""

from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never searched for, and left out when phrases are compared: tour (à) bois, fil (à) plomb.
STOP: Final = _set(
    "a an and any are as at au aux avec be by ce ces cet cette chez dans das de der des die du"
    " ein eine elle en et etc for from fur had has have he her his i if il ils im in into is it"
    " its je la le les leur leurs lui ma mais mes mit mon my ne no nos not notre nous of on ou"
    " our par pas pour que qui quoi sa sans se ses she si so sur ta te tes than that the their"
    " them then there these they this to toi ton tu un und une up vers von vos votre vous was we"
    " were which who will with without y you your zum zur"
)

# Which language a name is in.
FRENCH: Final = _set("a au aux avec de des du en et la le les pour sans sur un une")
ENGLISH: Final = _set("and by for from in of on the to w with")

# What follows one of these tells what a thing is for or comes with, not what it is.
PURPOSE: Final = _set("pour for avec with w fur mit incl inclus including")

# Between two things that a name both names.
AND: Final = _set("et and ou or und")

# What people wrap a question in. Not searched for while anything else is left.
ASKING: Final = _set(
    "aide aider aimerais aurait auriez avez besoin bonjour cherche chercher comment disponible"
    " dois emprunter est existe faire faut louer merci mieux moyen ok ont ou peut peux pourrait"
    " pourrais preter prete quel quelle quelles quels quelqu quelque quelques qu recherche salut"
    " savoir serait sert servir svp trouver trouve utiliser veut veux voudrais voudrait anybody"
    " anyone anything available borrow can could do does find get got hello help hi hire how i'd"
    " is know lend like looking make me need please rent should some somebody someone something"
    " use used useful using want what where would wish"
)

# Who asks with these wants to learn, or to be helped.
LEARNING: Final = _set(
    "aide aider apprendre apprentissage atelier ateliers coach conseil cours expliquer"
    " formateur formation formations initiation montrer stage tutoriel advice class classes"
    " course courses help learn learning lesson lessons teach teacher teaching training tutor"
    " tutorial workshop workshops"
)

# Said of many things. Searched for, but weighing little beside the other words.
WEAK: Final = _set(
    "appareil appareils article articles atelier autre autres bon bonne chose choses complet"
    " complete dispositif divers double element elements ensemble equipement equipements grand"
    " grande grands grandes gros grosse instrument instruments jeu jeux kit kits lot lots"
    " machine machines materiel materiels modele mini neuf nouveau nouvelle objet objets outil"
    " outillage outils petit petite petites petits piece pieces poste professionnel"
    " professionnelle propre simple standard systeme taille truc trucs type types unite unites"
    " usage utilisation vieux vieille assorted basic big classic device devices different"
    " equipment good heavy item items large little long machinery medium misc miscellaneous"
    " model multi new old other pack pair portable pro product professional quality set sets"
    " several short size small special stuff thing things tool tools unit units universal"
    " various"
)

# They hold a thing or count it: a box of screws is screws, a roll of filament is filament.
HOLDERS: Final = _set(
    "assortiment bac bidon bobine bobines boite boites boitier bouteille caisse carton coffret"
    " coffrets ensemble flacon jeu jeux kit kits lot lots mallette paire paires panoplie paquet"
    " plusieurs pot pots reste restes rouleau rouleaux sachet sachets serie stock tube tubes"
    " valise assorted assortment bag bags bottle bottles box boxes bunch bundle can cans case"
    " cases jar jars misc pack packs packet pair pairs package pieces roll rolls selection set"
    " sets spool spools stack various"
)

# Behind an English noun they are what it is kept in: an SD card case is no card.
CONTAINERS: Final = _set("bag bags bottle box boxes can case cases holster jar rack sleeve")

# An English term that begins with one of these says what is done: its last word is no kind of it.
DOING: Final = _set(
    "assemble bake bend bind borrow brew browse build calibrate carry cast charge clean cool"
    " create customise cut dehydrate design detect dig digitise do document draw drill drive dry"
    " edit embroider engrave fill find fire fix fly frame get glue hang heat help hem hire"
    " inflate install join keep knit laminate lay learn lift look make measure melt mend move"
    " mow open organise paint play prepare prune put reach recover recreate reinstall remove"
    " repair replace resole rip scan sculpt see send set sew shoot show skim smooth solder start"
    " strip take teach test till trim turn unblock use vectorise wash weld work write"
)

# They are never the machine, only something of it, whatever they stand beside.
PARTS: Final = _set(
    "accessoire accessoires adaptateur adaptateurs aiguille aiguilles alimentation ampoule"
    " armoire base batterie batteries bande bandes bague bras bouchon bouton brosse buse buses"
    " cable cables capot cartouche cartouches casier chargeur chargeurs colle connecteur"
    " consommable consommables cordon couvercle courroie disque disques embout embouts encre"
    " enceinte entretien etui fil filament filaments filtre filtres fixation foret forets"
    " garniture graisse guide housse huile joint joints kit lame lames lampe lentille levier"
    " livre maintenance manchon mandrin manuel meche meches miroir moteur notice outillage"
    " papier peigne piece pied pieds pile piles pince pinces plaque plateau poignee poignees"
    " porte protection rail rallonge rechange refroidisseur reservoir ressort roue sac sacoche"
    " semelle servante socle station structure support supports tablette tambour tapis"
    " telecommande tete trepied tuyau ventilateur accessories accessory adapter adapters arm"
    " attachment attachments bag bags battery bed belt belts bit bits blade blades bobbin"
    " bobbins book books bracket brush brushes bulb cap caps cart cartridge cartridges case"
    " cases charger chargers chuck clip clips coil coils collet collets connector connectors"
    " consumable consumables cord cords cover covers disc discs disk disks enclosure extension"
    " fan feet filter filters foot gear gears guard guides gun handle handles head heads holder"
    " holders hose hoses ink jig key keys knife lamp lens lenses lid lube magazine manual"
    " manuals mat mats mirror mirrors mount mounts needle needles nozzle nozzles oil paper part"
    " parts pad pads plate plates plug power pump rack remote replacement rod rods sheet sheets"
    " shelf shim spare spares spring springs stand stands strap straps supplies table tank tape"
    " tip tips toner tray trays tube tubes wheel wheels windscreen wire wires wrench"
)

# The shape in which a material comes. Whoever asks for a brass rod wants brass before any rod.
SHAPES: Final = _set(
    "barre barres baguette baguettes bloc blocs carre chute chutes cornet cordon coupe coupon"
    " coupons feuille feuilles granules lame lames metrage morceau morceaux panneau panneaux"
    " planche planches plaque plaques plat profile profiles rond ronds rouleau rouleaux tige"
    " tiges tole toles tube tubes bar bars block blocks blank blanks board boards bolt flat length"
    " lengths offcut offcuts panel panels piece pieces pipe pipes plank planks plate plates"
    " pellets powder remnant remnants rod rods roll rolls round scrap scraps section sheet sheets"
    " slab slabs square stock strip strips stick sticks tubing"
)
