"""Invented names of streets, compounds and places, as a southern Chinese town would give them."""

from dataclasses import dataclass, field

import numpy as np

_FIRST = "翠景怡安福康宝永锦和华盛新兴凤金银嘉文礼仁德泰丰荔桂莲松竹梅兰碧海湖泉鹏龙凯东南北春秋晓明"
_SECOND = "园翠景安宁康泰和平山湖泉荔岭秀丽华丰贤德明达雅静乐福田溪竹桥湾岸庭堤苑"
_ROAD = {
    "expressway": ("快速路",), "arterial": ("大道", "路", "路"), "collector": ("路",),
    "local": ("街", "路", "街"), "path": ("巷", "里", "径"),
}  # fmt: skip
COMPOUND_ENDINGS = {
    "tower": ("花园", "豪庭", "名苑", "广场公寓", "雅居", "大厦"),
    "walkup": ("新村", "小区", "苑", "大院", "宿舍", "楼"),
    "villa": ("别墅", "山庄"),
    "mixed": ("花园", "小区", "苑"),
    "urban_village": ("村", "坊"),
}


def _pair(rng: np.random.Generator) -> str:
    first = _FIRST[int(rng.integers(len(_FIRST)))]
    second = _SECOND[int(rng.integers(len(_SECOND)))]
    return first + second if first != second else first + "新"


@dataclass
class StreetNames:
    """Draws street names without giving one twice."""

    given: set[str] = field(default_factory=set)

    def draw(self, street_class: str, rng: np.random.Generator) -> str:
        """A new name that suits the class of street."""
        endings = _ROAD[street_class]
        name = _pair(rng) + endings[int(rng.integers(len(endings)))]
        while name in self.given:
            name = name[:2] + _SECOND[int(rng.integers(len(_SECOND)))] + name[2:]
        self.given.add(name)
        return name


def compound_name(kind: str, rng: np.random.Generator) -> str:
    """A compound's (小区) name that suits its kind."""
    endings = COMPOUND_ENDINGS[kind]
    return _pair(rng) + endings[int(rng.integers(len(endings)))]


_PLACE = {
    "school": ("小学", "中学", "实验学校", "幼儿园"),
    "hospital": ("医院", "社康中心"),
    "mall": ("购物中心", "百货", "商业城"),
    "market": ("农贸市场", "综合市场", "批发市场"),
    "office": ("大厦", "商务中心"),
    "enterprise": ("工业园", "物流园", "仓储中心", "科技园"),
}


def place_name(community: str, kind: str, rng: np.random.Generator) -> str:
    """A place's name: a school or market after its community, a mall or office by one of its own."""
    endings = _PLACE[kind]
    own = _pair(rng) if kind in ("mall", "office", "enterprise") else community
    return own + endings[int(rng.integers(len(endings)))]


_FAMILY = "陈李张黄林刘王吴杨周罗何郑曾郭谢梁邓许叶钟廖曹袁彭"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉梅建国志文海燕春雪晓红佳欣子涵"


def person_name(rng: np.random.Generator) -> str:
    """An invented person's name."""
    given = (_GIVEN[int(i)] for i in rng.integers(len(_GIVEN), size=int(rng.integers(1, 3))))
    return _FAMILY[int(rng.integers(len(_FAMILY)))] + "".join(given)
