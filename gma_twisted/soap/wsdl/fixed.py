"""The types that are not declared by operations: OGSI's common ones, faults, expressions; an own, lax schema.

OGSI's published schema refuses every service data value (strict wildcards, reference 1.4), so nobody can use it
to read one. Whatever may hold foreign markup is open here.
"""

from gma_twisted.markup.namespaces import GMA, GMAE, OGSI, SD
from gma_twisted.soap.creation import CREATION, CREATION_TYPES
from gma_twisted.soap.faults import FAULTS, FaultKind
from gma_twisted.soap.types import prefixed
from gma_twisted.soap.wsdl.parts import writeSequence

__all__ = ["fixedSchema"]

_OGSI = """\
<xsd:complexType name="ExtensibilityType"><xsd:sequence>
 <xsd:any namespace="##any" processContents="lax"/>
</xsd:sequence></xsd:complexType>
<xsd:simpleType name="InfinityType"><xsd:restriction base="xsd:string">
 <xsd:enumeration value="infinity"/>
</xsd:restriction></xsd:simpleType>
<xsd:simpleType name="ExtendedDateTimeType">
 <xsd:union memberTypes="xsd:dateTime ogsi:InfinityType"/>
</xsd:simpleType>
<xsd:simpleType name="ExtendedDurationType">
 <xsd:union memberTypes="xsd:duration ogsi:InfinityType"/>
</xsd:simpleType>
<xsd:complexType name="TerminationTimeType">
 <xsd:attribute name="after" type="ogsi:ExtendedDateTimeType"/>
 <xsd:attribute name="before" type="ogsi:ExtendedDateTimeType"/>
 <xsd:attribute name="timestamp" type="xsd:dateTime"/>
</xsd:complexType>
<xsd:simpleType name="HandleType"><xsd:restriction base="xsd:anyURI"/></xsd:simpleType>
<xsd:complexType name="ReferenceType"><xsd:sequence>
 <xsd:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:anyAttribute namespace="##any" processContents="lax"/></xsd:complexType>
<xsd:complexType name="LocatorType"><xsd:sequence>
 <xsd:element name="handle" type="ogsi:HandleType" minOccurs="0" maxOccurs="unbounded"/>
 <xsd:element name="reference" type="ogsi:ReferenceType" minOccurs="0" maxOccurs="unbounded"/>
 <xsd:element name="interface" type="xsd:QName" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
<xsd:complexType name="OperationExtensibilityType">
 <xsd:attribute name="inputElement" type="xsd:QName"/>
</xsd:complexType>
<xsd:complexType name="CreateServiceExtensibilityType"><xsd:complexContent>
 <xsd:extension base="ogsi:OperationExtensibilityType"><xsd:sequence>
  <xsd:element name="createsInterface" type="xsd:QName" maxOccurs="unbounded"/>
 </xsd:sequence></xsd:extension>
</xsd:complexContent></xsd:complexType>
<xsd:complexType name="MembershipContentRuleType"><xsd:sequence>
 <xsd:element name="memberInterface" type="xsd:QName"/>
 <xsd:element name="content" type="xsd:QName" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
<xsd:complexType name="EntryContentType"><xsd:sequence>
 <xsd:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
<xsd:complexType name="EntryType"><xsd:sequence>
 <xsd:element name="serviceGroupEntryLocator" type="ogsi:LocatorType" nillable="true"/>
 <xsd:element name="memberServiceLocator" type="ogsi:LocatorType"/>
 <xsd:element name="content" type="ogsi:EntryContentType"/>
</xsd:sequence></xsd:complexType>
<xsd:complexType name="MatchByLocatorEquivalenceType"><xsd:sequence>
 <xsd:element name="locator" type="ogsi:LocatorType" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
<xsd:element name="matchByLocatorEquivalence" type="ogsi:MatchByLocatorEquivalenceType"/>
<xsd:element name="locator" type="ogsi:LocatorType"/>
<xsd:simpleType name="ClarkNameType">
 <xsd:annotation><xsd:documentation>
  {namespace}local, for clients that lose prefixes; {namespace}* for all of a namespace
 </xsd:documentation></xsd:annotation>
 <xsd:restriction base="xsd:string"><xsd:pattern value="\\s*\\{[^{}]*\\}[^{}]+"/></xsd:restriction>
</xsd:simpleType>
<xsd:simpleType name="NameTextType"><xsd:union memberTypes="xsd:QName ogsi:ClarkNameType"/></xsd:simpleType>
<xsd:complexType name="NameType"><xsd:simpleContent><xsd:extension base="ogsi:NameTextType">
 <xsd:anyAttribute namespace="##any" processContents="lax"/>
</xsd:extension></xsd:simpleContent></xsd:complexType>
<xsd:complexType name="QNamesType"><xsd:sequence>
 <xsd:element name="name" type="ogsi:NameType" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:anyAttribute namespace="##any" processContents="lax"/></xsd:complexType>
<xsd:complexType name="ValuesType"><xsd:sequence>
 <xsd:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:anyAttribute namespace="##any" processContents="lax"/></xsd:complexType>
<xsd:element name="queryByServiceDataNames" type="ogsi:QNamesType"/>
<xsd:element name="setByServiceDataNames" type="ogsi:ValuesType"/>
<xsd:element name="deleteByServiceDataNames" type="ogsi:QNamesType"/>
<xsd:complexType name="SubscribeByServiceDataNamesType"><xsd:sequence>
 <xsd:element name="name" type="ogsi:NameType" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence>
 <xsd:attribute name="minInterval" type="xsd:duration"/>
 <xsd:attribute name="maxInterval" type="ogsi:ExtendedDurationType"/>
 <xsd:anyAttribute namespace="##any" processContents="lax"/></xsd:complexType>
<xsd:element name="subscribeByServiceDataNames" type="ogsi:SubscribeByServiceDataNamesType"/>
<xsd:complexType name="FaultCodeType"><xsd:simpleContent><xsd:extension base="xsd:string">
 <xsd:attribute name="faultscheme" type="xsd:anyURI" use="required"/>
</xsd:extension></xsd:simpleContent></xsd:complexType>
<xsd:complexType name="FaultType"><xsd:sequence>
 <xsd:element name="description" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/>
 <xsd:element name="originator" type="ogsi:LocatorType"/>
 <xsd:element name="timestamp" type="xsd:dateTime"/>
 <xsd:element name="faultcause" type="ogsi:FaultType" minOccurs="0" maxOccurs="unbounded"/>
 <xsd:element name="faultcode" type="ogsi:FaultCodeType" minOccurs="0"/>
 <xsd:element name="extension" type="ogsi:ExtensibilityType" minOccurs="0"/>
</xsd:sequence></xsd:complexType>
<xsd:element name="fault" type="ogsi:FaultType"/>
"""

_SD = """\
<xsd:element name="serviceDataValues"><xsd:complexType><xsd:sequence>
 <xsd:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:anyAttribute namespace="##any" processContents="lax"/></xsd:complexType></xsd:element>
"""

_GMA = """\
<xsd:complexType name="DetailType"><xsd:simpleContent><xsd:extension base="xsd:string">
 <xsd:attribute name="name" type="xsd:string" use="required"/>
</xsd:extension></xsd:simpleContent></xsd:complexType>
<xsd:complexType name="ContextType"><xsd:sequence>
 <xsd:element name="detail" type="gma:DetailType" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:attribute name="correlation" type="xsd:string"/></xsd:complexType>
<xsd:element name="context" type="gma:ContextType"/>
<xsd:simpleType name="FreshnessType"><xsd:restriction base="xsd:string">
 <xsd:enumeration value="fresh"/><xsd:enumeration value="stale"/><xsd:enumeration value="any"/>
</xsd:restriction></xsd:simpleType>
<xsd:attribute name="originator" type="xsd:anyURI"/>
<xsd:attribute name="key" type="xsd:string"/>
<xsd:attribute name="created" type="xsd:dateTime"/>
<xsd:attribute name="sequence" type="xsd:long"/>
<xsd:attribute name="path" type="xsd:string"/>
<xsd:attribute name="sent" type="xsd:dateTime"/>
<xsd:attribute name="freshness" type="gma:FreshnessType"/>
<xsd:attribute name="limit" type="xsd:int"/>
<xsd:attribute name="cursor" type="xsd:string"/>
<xsd:attribute name="snapshot" type="xsd:boolean"/>
<xsd:attribute name="changes" type="xsd:boolean"/>
"""

# Of a choice that itself repeats, zeep writes a field without value as the text "NotSet", and cannot write none at all.
_ITEMS = """\
<xsd:sequence minOccurs="0" maxOccurs="unbounded"><xsd:choice>
 <xsd:element name="field" type="gmae:FieldType"/>
 <xsd:element name="container" type="gmae:ContainerType"/>
</xsd:choice></xsd:sequence>"""

# A template has no need of ts, and its fields none of a type.
_GMAE = f"""\
<xsd:complexType name="FieldType"><xsd:simpleContent><xsd:extension base="xsd:string">
 <xsd:attribute name="name" type="xsd:string" use="required"/>
 <xsd:attribute name="type" type="xsd:string"/>
 <xsd:attribute name="units" type="xsd:string"/>
</xsd:extension></xsd:simpleContent></xsd:complexType>
<xsd:complexType name="ContainerType">{_ITEMS}
 <xsd:attribute name="name" type="xsd:string" use="required"/>
</xsd:complexType>
<xsd:complexType name="EventType">{_ITEMS}
 <xsd:attribute name="name" type="xsd:string" use="required"/>
 <xsd:attribute name="ts" type="xsd:dateTime"/>
 <xsd:attribute name="id" type="xsd:string"/>
 <xsd:attribute name="seq" type="xsd:long"/>
</xsd:complexType>
<xsd:element name="event" type="gmae:EventType"/>
"""


def _creation() -> str:
    types = "".join(
        f'<xsd:complexType name="{struct.xsd.localName}">{writeSequence(struct.parts, prefixed)}'
        "</xsd:complexType>\n"
        for struct in CREATION_TYPES
    )
    kind = prefixed(CREATION_TYPES[-1].xsd)
    return f'{types}<xsd:element name="{CREATION.localName}" type="{kind}"/>\n'


_FIXED = {OGSI: _OGSI, SD: _SD, GMA: _GMA + _creation(), GMAE: _GMAE}


def fixedSchema(namespace: str) -> str:
    """
    The declarations of a namespace that every WSDL has that speaks of it, faults included.

    @return: without the C{xsd:schema} around them; uses the prefixes xsd, ogsi, gma and that of the namespace; empty
        for other namespaces
    """
    return _FIXED.get(namespace, "") + _faults(namespace)


def _faults(namespace: str) -> str:
    # Named types: Axis and gSOAP make an exception class of each.
    return "".join(
        f'<xsd:complexType name="{kind.typeName.localName}"><xsd:complexContent>'
        f'<xsd:extension base="{prefixed(kind.base)}">{_added(kind)}</xsd:extension>'
        f"</xsd:complexContent></xsd:complexType>\n"
        f'<xsd:element name="{kind.element.localName}" type="{prefixed(kind.typeName)}"/>\n'
        for kind in FAULTS.values()
        if kind.element.namespace == namespace
    )


def _added(kind: FaultKind) -> str:
    return "" if kind.part is None else writeSequence((kind.part,), prefixed)
