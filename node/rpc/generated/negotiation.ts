import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from './heliu/v1/Ack.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from './heliu/v1/Message.ts';
import type { NegotiationClient as _heliu_v1_NegotiationClient, NegotiationDefinition as _heliu_v1_NegotiationDefinition } from './heliu/v1/Negotiation.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      Ack: MessageTypeDefinition<_heliu_v1_Ack, _heliu_v1_Ack__Output>
      Message: MessageTypeDefinition<_heliu_v1_Message, _heliu_v1_Message__Output>
      Negotiation: SubtypeConstructor<typeof grpc.Client, _heliu_v1_NegotiationClient> & { service: _heliu_v1_NegotiationDefinition }
    }
  }
}

