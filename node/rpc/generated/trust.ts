import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ProposeTrustListAnswer as _heliu_v1_ProposeTrustListAnswer, ProposeTrustListAnswer__Output as _heliu_v1_ProposeTrustListAnswer__Output } from './heliu/v1/ProposeTrustListAnswer.ts';
import type { ProposeTrustListRequest as _heliu_v1_ProposeTrustListRequest, ProposeTrustListRequest__Output as _heliu_v1_ProposeTrustListRequest__Output } from './heliu/v1/ProposeTrustListRequest.ts';
import type { RenewAnswer as _heliu_v1_RenewAnswer, RenewAnswer__Output as _heliu_v1_RenewAnswer__Output } from './heliu/v1/RenewAnswer.ts';
import type { RenewRequest as _heliu_v1_RenewRequest, RenewRequest__Output as _heliu_v1_RenewRequest__Output } from './heliu/v1/RenewRequest.ts';
import type { TrustClient as _heliu_v1_TrustClient, TrustDefinition as _heliu_v1_TrustDefinition } from './heliu/v1/Trust.ts';
import type { TrustListAnswer as _heliu_v1_TrustListAnswer, TrustListAnswer__Output as _heliu_v1_TrustListAnswer__Output } from './heliu/v1/TrustListAnswer.ts';
import type { TrustListRequest as _heliu_v1_TrustListRequest, TrustListRequest__Output as _heliu_v1_TrustListRequest__Output } from './heliu/v1/TrustListRequest.ts';
import type { TrustNotice as _heliu_v1_TrustNotice, TrustNotice__Output as _heliu_v1_TrustNotice__Output } from './heliu/v1/TrustNotice.ts';
import type { WatchRequest as _heliu_v1_WatchRequest, WatchRequest__Output as _heliu_v1_WatchRequest__Output } from './heliu/v1/WatchRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  heliu: {
    v1: {
      ProposeTrustListAnswer: MessageTypeDefinition<_heliu_v1_ProposeTrustListAnswer, _heliu_v1_ProposeTrustListAnswer__Output>
      ProposeTrustListRequest: MessageTypeDefinition<_heliu_v1_ProposeTrustListRequest, _heliu_v1_ProposeTrustListRequest__Output>
      RenewAnswer: MessageTypeDefinition<_heliu_v1_RenewAnswer, _heliu_v1_RenewAnswer__Output>
      RenewRequest: MessageTypeDefinition<_heliu_v1_RenewRequest, _heliu_v1_RenewRequest__Output>
      Trust: SubtypeConstructor<typeof grpc.Client, _heliu_v1_TrustClient> & { service: _heliu_v1_TrustDefinition }
      TrustListAnswer: MessageTypeDefinition<_heliu_v1_TrustListAnswer, _heliu_v1_TrustListAnswer__Output>
      TrustListRequest: MessageTypeDefinition<_heliu_v1_TrustListRequest, _heliu_v1_TrustListRequest__Output>
      TrustNotice: MessageTypeDefinition<_heliu_v1_TrustNotice, _heliu_v1_TrustNotice__Output>
      WatchRequest: MessageTypeDefinition<_heliu_v1_WatchRequest, _heliu_v1_WatchRequest__Output>
    }
  }
}

