"""Ways in which customers and businesses say one thing. Only for questions: documents are indexed by their own words.

The groups are everyday Portuguese of shops, clinics, schools, offices and restaurants, not of any one business.
"""

from __future__ import annotations

import re
from functools import cache

from evoai.knowledge.service.terms import fold, stem

_GROUPS = """
preço valor custo custa custar taxa tarifa mensalidade tabela cobrar cobram cobra reais
horário hora funcionamento funciona abre abrem aberto abertura fecha fecham atendimento atende expediente
endereço localização localizado rua avenida bairro local ficar situado
pagamento pagar pago cartão pix boleto dinheiro débito crédito
parcelar parcela parcelamento dividir vezes prestação
desconto promoção promocional oferta abatimento cupom barato
entrega entregar delivery frete envio enviar enviam despacho motoboy
prazo demora tempo dias duração dura demorar leva
agendar agendamento marcar marcação consulta reservar reserva agenda
cancelar cancelamento desmarcar remarcar reagendar adiar desistir desistência
trocar troca devolver devolução reembolso estorno arrependimento ressarcimento
garantia defeito quebrou quebrado conserto assistência reparo estragado
estacionamento estacionar carro vaga manobrista garagem veículo
convênio plano seguro operadora cobertura
telefone contato whatsapp celular ligar número falar
email correio eletrônico
documento documentação papel papelada rg cpf identidade comprovante
matrícula inscrição matricular inscrever ingressar vaga
aula curso turma disciplina matéria
professor docente instrutor educador mestre
aluno estudante criança filho filha
idade anos faixa etária
menor criança infantil bebê kids filho filha pequeno
idoso aposentado terceira melhor
cachorro gato animal pet bicho
vegetariano vegano carne vegetal
alergia alérgico intolerante intolerância restrição glúten lactose celíaco
cardápio menu prato comida refeição almoço jantar
bebida suco refrigerante cerveja vinho drinque
sobremesa doce bolo torta
festa aniversário evento comemoração confraternização casamento
internet wifi senha
acessível acessibilidade cadeirante rampa elevador deficiente deficiência mobilidade
exame teste resultado laudo
médico doutor doutora especialista profissional dentista
dor dolorido doer sensível incômodo
remédio medicamento medicação receita
advogado jurídico escritório honorários defesa
processo ação causa judicial andamento
contrato acordo cláusula assinatura assinar
divórcio separação separar casamento
pensão alimentos alimentícia
demissão demitido demitida rescisão dispensado dispensa mandado justa
trabalhista trabalho emprego empregado patrão
herança inventário herdeiro falecimento testamento morreu faleceu
aposentadoria inss previdência previdenciário benefício aposentar
multa penalidade juros atraso atrasar atrasado inadimplência
tamanho medida número numeração provar
estoque disponível disponibilidade pronta acabou
cor modelo variação
presente embrulho embalagem embrulhar
loja física presencial pessoalmente
online virtual remoto distância internet videochamada
retirar retirada buscar pegar coletar
rastrear rastreamento acompanhar rastreio código
nota fiscal recibo comprovante
feriado domingo sábado fim semana final
noite noturno noturna
manhã cedo matutino
tarde vespertino
segunda primeira inicial retorno
primeiro inicial começar início iniciar começa
uniforme roupa vestir traje farda
merenda lanche alimentação refeição comida
transporte ônibus van perua condução
férias recesso calendário pausa
prova avaliação exame nota teste
reunião encontro pais responsáveis
bolsa desconto auxílio
certificado diploma conclusão
limpeza higienização profilaxia higiene
clareamento clarear branqueamento branco brancos
aparelho ortodontia ortodôntico
implante prótese pino dentadura
urgência emergência emergencial pronto imediato
jejum preparo preparação antes preparar
vacina vacinação imunização
acompanhante acompanhar companhia
aceitar aceita aceitam trabalham receber
mínimo mínima menor baixo
gratuito grátis graça gratuidade cortesia free cobrança
proibido permitido pode permite autorizado
espera esperar aguardar fila tolerância atraso
levar trazer apresentar necessário
sigilo confidencial privacidade segredo privado dados
gorjeta serviço garçom
música ao vivo som banda
mesa lugar assento área
varanda externa terraço calçada
costura ajuste barra bainha alfaiate
atacado quantidade revender revenda revendedor mínimo mínima
cão cães cachorro animal pet gato bicho
contratar contratando contratação emprego vaga currículo trabalhar vendedor funcionário admissão entrevista
garçom atendente auxiliar equipe funcionário
comer comida alimento refeição prato
celíaco glúten trigo
vegano vegetariano vegetal carne queijo
brincar brinquedo parquinho recreação kids monitor
bermuda roupa traje short camisa chinelo
chegar acesso caminho estrada trajeto placa
entrar entrada acesso ingresso permitido ingressar
vídeo videochamada videoconferência online remoto
deficiência deficiente autista autismo inclusão inclusivo especial
usado usada brechó seminovo estado
comprar compra adquirir pedido
vender venda vendemos compra
obrigado obrigatório opcional exigir exigido
sumiu perdido extraviado extravio perder desapareceu
esquecer esqueci perdido guardado achado
falar conversar contato dizer conversa
novo nova novato iniciante recente
antigo atual veterano
renovar renovação rematrícula renovo
estudar estuda aluno matriculado
perder perdeu faltou falta ausência
refazer segunda repetir novamente
academia exercício esforço físico treino
arrancar extrair extração tirar remover remoção
ganhar receber recebe ganho lucro
começar abertura início inicia inaugurar
acabar terminar término encerrar fim final
guardar segurar reservar separar guarda
montar montagem instalar instalação
casa domicílio residência lar
lavar lavagem limpar máquina
estragar danificar quebrar defeito rasgar mancha
roupa peça vestuário camisa blusa vestido calça
tirar retirar despejo expulsar
morar residência moro habitar mora
casar casamento noivos cerimônia
filho criança menor bebê infantil
pai mãe pais família responsável familiar
marido esposa cônjuge casal companheiro
chefe patrão empregador gerente superior
salário remuneração pagamento renda
grávida gestante gravidez gestação parto
doente doença enfermo saúde atestado
machucado ferido acidente lesão
dente dentário dental odontológico
cabelo corte escova tintura
unha manicure pedicure esmalte
sobrancelha depilação cílios
banho tosa higiene
consulta visita sessão atendimento
avaliação avaliar orçamento diagnóstico
orçamento cotação estimativa preço
senha login acesso cadastro
cadastro registro conta inscrição
cancelar cancelado encerrar rescindir
mudar alterar trocar modificar corrigir atualizar
errado incorreto engano corrigir
atrasar atrasado demora atraso
rápido expresso urgente imediato
caro valor preço
grande maior amplo tamanho
pequeno menor mínimo
quente aquecido aquecimento
frio gelado gelo
quantos quantidade número máximo limite
capacidade máximo comporta pessoas cabem lotação convidados
grupo turma pessoas excursão
individual particular privado
sair saída deixar retirar
voltar retorno devolver
dinheiro espécie valor
isento isenção gratuito dispensado
processar ação processo justiça judicial
juiz justiça judicial tribunal fórum
acordo amigável consenso negociação comum
provar prova comprovar evidência testemunha
dívida débito negativado serasa spc cobrança dever
imóvel casa apartamento propriedade aluguel
inquilino locatário aluguel locação
vencimento vence vencer data
validade vence expira validade vencido
lista relação
ajuda auxílio apoio suporte
problema reclamação reclamar defeito
opinião reclamação sugestão elogio
orgânico natural saudável agrotóxico
"""
_ASKED: tuple[tuple[str, str], ...] = (
    (
        r"\bquanto\b",
        "preço valor custa reais",
    ),
    (r"\bque horas\b|\bqual (?:o )?horario\b|\bate que hora", "horário funcionamento abre fecha"),
    (r"\bonde\b|\bcade\b|\bcomo (?:chego|chegar)\b", "endereço rua avenida localização bairro"),
    (r"\bquando\b|\bque dia\b|\bquais dias\b", "dia data horário prazo calendário"),
    (r"\bquanto tempo\b|\bquantos dias\b|\bem quantos\b|\bdemora\b", "prazo dias tempo duração minutos horas"),
    (r"\bquem\b", "profissional equipe responsável"),
    (r"\bde graca\b", "gratuito grátis cortesia"),
    (r"\bfim de semana\b|\bfinal de semana\b", "sábado domingo"),
    (r"\bcuidam? d", "tratamento atende"),
)


@cache
def _ways() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _GROUPS.strip().splitlines():
        group = {stem(fold(word)) for word in line.split()}
        for term in group:
            found.setdefault(term, set()).update(group - {term})
    return {term: frozenset(others) for term, others in found.items()}


_ONE_THING = 4
"""Groups whose words ask for one thing: price, hours, place, payment. Those of others are only near each other."""


@cache
def _things() -> dict[str, str]:
    groups = _GROUPS.strip().splitlines()[:_ONE_THING]
    return {stem(fold(word)): f"#{number}" for number, line in enumerate(groups) for word in line.split()}


def thing(term: str) -> str:
    """What stands for `term` where questions are compared."""
    return _things().get(term, term)


@cache
def _asked() -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    return tuple((re.compile(how), frozenset(stem(fold(word)) for word in said.split())) for how, said in _ASKED)


def other_ways(term: str) -> frozenset[str]:
    """Terms that may stand for `term`."""
    return _ways().get(term, frozenset())


def vocabulary() -> frozenset[str]:
    """Every term that the thesaurus knows."""
    return frozenset(_ways())


def asked_for(question: str) -> list[frozenset[str]]:
    """What the form of a question asks for, as terms: a price, a time, a place."""
    folded = fold(question)
    return [said for how, said in _asked() if how.search(folded)]
